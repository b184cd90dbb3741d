/* SPDX-License-Identifier: MIT */
#include "l2osr/compose.h"

#include <math.h>

#include "base/rng.h"
#include "data/permute.h"
#include "task/wrapper.h"
#include "vec/scalar.h"

static const double LARGEST_BOUND = 50;

/* Sets *out to NULL and refuses inner tasks that cannot be wrapped. */
static l2osr_status check_inner(l2osr_task **out, l2osr_context *ctx, const l2osr_task *inner,
                                const char *word) {
    if (!out || !ctx)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!inner)
        return l2osr__fail(ctx, L2OSR_EINVAL, "%s task: the inner task is NULL", word);
    if (inner->ctx != ctx)
        return l2osr__fail(ctx, L2OSR_EINVAL, "%s task: task '%s' belongs to another context", word,
                           inner->callbacks.name);
    return L2OSR_OK;
}

l2osr_status l2osr_task_scaled(l2osr_task **out, l2osr_context *ctx, l2osr_task *inner,
                               double factor) {
    const l2osr__wrapper w = {.ctx = ctx, .inner = inner, .factor = factor};
    L2OSR__TRY(check_inner(out, ctx, inner, "scaled"));
    if (!(factor > 0) || isinf(factor))
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "scaled task: factor is %g; it must be finite and above 0", factor);
    return l2osr__wrapper_task(out, "scaled", &w);
}

/* One scale for each parameter, drawn whenever a piece of the given granularity begins. */
static void draw_scales(const l2osr_task *inner, l2osr_granularity granularity, double bound,
                        uint64_t seed, double *scales) {
    double scale = 1;
    l2osr__rng rng;
    l2osr__rng_init(&rng, seed, 0);
    for (size_t g = 0; g < inner->callbacks.n_groups; g++)
        for (size_t i = 0; i < l2osr__group_size(&inner->groups[g]); i++) {
            if (granularity == L2OSR_PER_PARAMETER ||
                (i == 0 && (g == 0 || granularity == L2OSR_PER_GROUP)))
                scale = l2osr__exp_f64(bound * (2 * l2osr__rng_uniform(&rng) - 1));
            *scales++ = scale;
        }
}

l2osr_status l2osr_task_reparameterised(l2osr_task **out, l2osr_context *ctx, l2osr_task *inner,
                                        l2osr_granularity granularity, double bound,
                                        uint64_t seed) {
    l2osr__wrapper w = {.ctx = ctx, .inner = inner, .factor = 1};
    L2OSR__TRY(check_inner(out, ctx, inner, "reparameterised"));
    if ((unsigned)granularity > L2OSR_PER_PARAMETER)
        return l2osr__fail(ctx, L2OSR_EINVAL, "reparameterised task: granularity %d is unknown",
                           (int)granularity);
    if (!(bound >= 0 && bound <= LARGEST_BOUND))
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "reparameterised task: bound is %g; it must be from 0 to %g", bound,
                           LARGEST_BOUND);
    L2OSR__TRY(l2osr__alloc_to(ctx, &w.scales, inner->dim, sizeof *w.scales));
    draw_scales(inner, granularity, bound, seed, w.scales);
    return l2osr__wrapper_task(out, "reparameterised", &w);
}

l2osr_status l2osr_task_noisy(l2osr_task **out, l2osr_context *ctx, l2osr_task *inner,
                              l2osr_noise kind, double deviation, uint64_t seed) {
    const l2osr__wrapper w = {.ctx = ctx,
                              .inner = inner,
                              .factor = 1,
                              .noise = kind,
                              .deviation = deviation,
                              .seed = seed};
    L2OSR__TRY(check_inner(out, ctx, inner, "noisy"));
    if ((unsigned)kind > L2OSR_NOISE_RELATIVE)
        return l2osr__fail(ctx, L2OSR_EINVAL, "noisy task: noise of kind %d is unknown", (int)kind);
    if (!(deviation >= 0) || isinf(deviation))
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "noisy task: deviation is %g; it must be finite and not negative",
                           deviation);
    return l2osr__wrapper_task(out, "noisy", &w);
}

l2osr_status l2osr_task_permuted(l2osr_task **out, l2osr_context *ctx, l2osr_task *inner,
                                 uint64_t seed) {
    l2osr__wrapper w = {.ctx = ctx, .inner = inner, .factor = 1};
    size_t first = 0; /* parameter of the group */
    L2OSR__TRY(check_inner(out, ctx, inner, "permuted"));
    L2OSR__TRY(l2osr__alloc_to(ctx, &w.order, inner->dim, sizeof *w.order));
    for (size_t g = 0; g < inner->callbacks.n_groups; g++) {
        l2osr__permutation order;
        const size_t size = l2osr__group_size(&inner->groups[g]);
        l2osr__permutation_init(&order, size, seed, g);
        for (size_t i = 0; i < size; i++)
            w.order[first + i] = first + l2osr__permutation_at(&order, i);
        first += size;
    }
    return l2osr__wrapper_task(out, "permuted", &w);
}
