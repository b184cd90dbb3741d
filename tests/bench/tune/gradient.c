/* SPDX-License-Identifier: MIT */
/* Derivatives of a window beside the steps that made it, on one thread. */
#include <stdlib.h>

#include "../meta/meta.h"
#include "../steps.h"
#include "tune.h"

enum { COORDINATES = 1000000 };

/* Reads what a window's derivatives read. */
static void run_read(void *tuning) {
    const struct tuning *t = tuning;
    const size_t n = t->unroll->dim * (UNROLL + 1);
    if (!l2osr__kernels_f32_of(t->unroll->ctx)->finite(n, t->unroll->g))
        abort();
}

static void bench_rule(struct bench *bench, const char *name, const char *rule) {
    const double per_window = 1e9 / COORDINATES / UNROLL, per_step = 1e9 / COORDINATES;
    l2osr_context *ctx = context_of(1);
    l2osr_task *task = diagonal_task(ctx, COORDINATES);
    struct tuning whole, half;
    tuning_open(&whole, ctx, task, rule, false);
    tuning_open(&half, ctx, task, rule, true);
    must(l2osr__unroll_window(whole.unroll, UNROLL));
    must(l2osr__unroll_window(half.unroll, UNROLL));
    struct engine engine = {numbers(COORDINATES, 0.01F), numbers(COORDINATES, 0.1F),
                            half.unroll->stepper};
    const struct bench_work works[] = {
        {run_gradient, &whole}, {run_gradient, &half}, {run_engine, &engine}, {run_read, &whole}};
    double s[4];
    bench_time(bench, 4, works, s);
    bench_report(bench, name, "step", s[2] * per_step, "ns");
    bench_report(bench, name, "read", s[3] * per_window, "ns");
    bench_report(bench, name, "derivatives", s[0] * per_window, "ns");
    bench_at_most(bench, name, "in steps", s[0] / UNROLL / s[2], "x", 5);
    bench_report(bench, name, "of halves", s[1] * per_window, "ns");
    free(engine.x);
    free(engine.g);
    tuning_close(&whole);
    tuning_close(&half);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}

void bench_gradient(struct bench *bench) {
    static const char *const presets[] = {"sgd", "momentum", "adam", "adamw"};
    bench_section(bench, "a coordinate and step, 1M coordinates, window of 20, 1 thread; read: of "
                         "the gradients alone");
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++)
        bench_rule(bench, presets[i], presets[i]);
    bench_rule(bench, "distilled", distilled);
}
