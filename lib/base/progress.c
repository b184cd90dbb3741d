/* SPDX-License-Identifier: MIT */
#include <time.h>

#include "base/context_private.h"

double l2osr__now(void) {
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

void l2osr_context_cancel(l2osr_context *ctx) {
    atomic_store_explicit(&ctx->canceled, 1, memory_order_relaxed);
}

int l2osr_context_canceled(const l2osr_context *ctx) {
    return l2osr__canceled(ctx);
}

void l2osr_context_uncancel(l2osr_context *ctx) {
    atomic_store_explicit(&ctx->canceled, 0, memory_order_relaxed);
}

bool l2osr__canceled(const l2osr_context *ctx) {
    return atomic_load_explicit(&ctx->canceled, memory_order_relaxed) != 0;
}

void l2osr__stage_begin(l2osr__stage *stage, l2osr_context *ctx, const char *name, uint64_t total) {
    *stage = (l2osr__stage){.ctx = ctx, .name = name, .total = total, .start = l2osr__now()};
}

l2osr_progress l2osr__stage_progress(const l2osr__stage *stage, uint64_t done, double best,
                                     const char *detail) {
    const double seconds = l2osr__now() - stage->start;
    const double rate = seconds > 0 ? (double)(done - stage->first) / seconds : 0;
    l2osr_progress p = {.struct_size = sizeof p,
                        .stage = stage->name,
                        .done = done,
                        .total = stage->total,
                        .seconds = seconds,
                        .rate = rate,
                        .eta = -1,
                        .best = best,
                        .detail = detail ? detail : ""};
    if (stage->total > 0 && stage->total >= done && rate > 0)
        p.eta = (double)(stage->total - done) / rate;
    return p;
}

static void report(const l2osr__stage *stage, const l2osr_progress *p) {
    const l2osr_context_options *o = &stage->ctx->options;
    if (o->progress(o->progress_user, p) != 0)
        l2osr_context_cancel(stage->ctx);
}

l2osr_status l2osr__stage_tick(l2osr__stage *stage, uint64_t done, double best,
                               const char *detail) {
    const double interval = 0.1; /* seconds between reports: fast for a person, cheap for us */
    l2osr_context *ctx = stage->ctx;
    double now = l2osr__now();
    bool last = stage->total > 0 && done >= stage->total;
    if (ctx->options.progress && (last || now - stage->last >= interval)) {
        stage->last = now;
        const l2osr_progress p = l2osr__stage_progress(stage, done, best, detail);
        report(stage, &p);
    }
    if (l2osr__canceled(ctx))
        return l2osr__fail(ctx, L2OSR_ECANCELED, "%s: canceled at %llu", stage->name,
                           (unsigned long long)done);
    return L2OSR_OK;
}
