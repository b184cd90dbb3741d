/* SPDX-License-Identifier: MIT */
/* The front so far, for who watches a search. */
#include <math.h>

#include "sr/search.h"

/* Digits that constants are shown with, unless the error wants more. */
enum { DIGITS = 6 };

static l2osr_status append_member(l2osr_sr *sr, l2osr_front *front, const l2osr__member *member) {
    const double variance = sr->world.variance;
    l2osr__tree tree = member->tree;
    l2osr__tree_tidy(&tree);
    if (!l2osr__tree_allowed(&tree, &sr->world.grammar)) /* it may be deeper */
        tree = member->tree;
    l2osr__sr_round(&tree, &sr->islands[0].scorer, DIGITS, 1.0001 * member->mse + 1e-12 * variance);
    return l2osr__sr_append(sr, front, &tree,
                            (l2osr_formula){.mse = member->mse,
                                            .r2_train = 1 - member->mse / variance,
                                            .r2_validation = (double)NAN});
}

static l2osr_status write_hall(l2osr_sr *sr, l2osr_front *front) {
    const l2osr__hall *hall = &sr->world.hall;
    int32_t places[L2OSR__SIZE_LIMIT + 1], count = l2osr__hall_front(hall, places);
    for (int32_t i = 0; i < count; i++)
        L2OSR__TRY(append_member(sr, front, &hall->best[places[i]]));
    return L2OSR_OK;
}

l2osr_status l2osr__sr_report(l2osr_sr *sr, const l2osr_progress *progress) {
    const l2osr_sr_options *o = &sr->world.options;
    l2osr_front *front;
    L2OSR__TRY(l2osr__sr_new_front(sr, &front));
    l2osr_status status = write_hall(sr, front);
    if (status == L2OSR_OK && o->report(o->report_user, front, progress) != 0)
        status = l2osr__fail(sr->ctx, L2OSR_ECANCELED, "%s: stopped by its report at %llu",
                             progress->stage, (unsigned long long)progress->done);
    l2osr_front_free(front);
    return status;
}
