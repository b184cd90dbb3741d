/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "sr/search.h"

enum { MAX_LAG = 64, MAX_DECAYS = 64, MAX_ISLANDS = 256, MAX_POPULATION = 4096 };

void l2osr_sr_options_init(l2osr_sr_options *o, size_t size) {
    l2osr__options_init(o, size);
}

void l2osr_sr_function_init(l2osr_sr_function *f, size_t size) {
    l2osr__options_init(f, size);
}

static l2osr_status check_decays(const l2osr_sr_options *o, l2osr_context *ctx) {
    if (o->n_decays > 0 && !o->decays)
        return l2osr__fail(ctx, L2OSR_EINVAL, "distil: decays is NULL, but n_decays is %zu",
                           o->n_decays);
    if (o->n_decays > MAX_DECAYS)
        return l2osr__fail(ctx, L2OSR_ERANGE, "distil: more than %d decays", MAX_DECAYS);
    for (size_t i = 0; i < o->n_decays; i++)
        if (!(o->decays[i] >= 0 && o->decays[i] < 1))
            return l2osr__fail(ctx, L2OSR_ERANGE, "distil: decay %zu is not in [0, 1)", i);
    return L2OSR_OK;
}

static l2osr_status check_ranges(const l2osr_sr_options *o, l2osr_context *ctx) {
    if (o->max_complexity > L2OSR__TREE_LIMIT)
        return l2osr__fail(ctx, L2OSR_ERANGE, "distil: max_complexity %u is above %d",
                           o->max_complexity, L2OSR__TREE_LIMIT);
    if (o->max_lag > MAX_LAG)
        return l2osr__fail(ctx, L2OSR_ERANGE, "distil: max_lag %u is above %d", o->max_lag,
                           MAX_LAG);
    if (o->islands > MAX_ISLANDS || o->population > MAX_POPULATION)
        return l2osr__fail(ctx, L2OSR_ERANGE, "distil: more than %d islands or %d members",
                           MAX_ISLANDS, MAX_POPULATION);
    if (!(o->validation >= 0 && o->validation < 1))
        return l2osr__fail(ctx, L2OSR_ERANGE, "distil: validation is not in [0, 1)");
    if (!(o->seconds >= 0) || isinf(o->seconds))
        return l2osr__fail(ctx, L2OSR_ERANGE, "distil: seconds is negative or not finite");
    return L2OSR_OK;
}

l2osr_status l2osr__sr_options_check(l2osr_sr_options *o, l2osr_context *ctx) {
    L2OSR__TRY(check_ranges(o, ctx));
    L2OSR__TRY(check_decays(o, ctx));
    o->islands = o->islands ? o->islands : 8;
    o->population = o->population ? o->population : 64;
    o->max_complexity = o->max_complexity ? o->max_complexity : 30;
    o->evaluations = o->evaluations ? o->evaluations : 200000;
    o->validation = o->validation > 0 ? o->validation : 0.25;
    o->max_rows = o->max_rows ? o->max_rows : 8192;
    return L2OSR_OK;
}
