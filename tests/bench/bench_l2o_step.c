/* SPDX-License-Identifier: MIT */
/* What a step of the numerical optimizers costs, beside the same networks in PyTorch, and beside
 * the matrix product that their arithmetic is made of. */
#include <stdlib.h>

#include "bench.h"
#include "l2osr.h"
#include "peak.h"
#include "steps.h"

/* More state than this is not measured. */
static const double room = 6e9;

/*
 * torch: ns per parameter and step of PyTorch 1.13 at a million parameters, one thread, best of its
 * ways; the goals are a tenth of it for the small networks, a sixth for the large ones, and what
 * its fastest Adam takes.
 */
static const struct subject {
    const char *name, *at_10m; /* the case at the two sizes */
    const char *model;         /* NULL: Adam */
    double torch, goal;
} subjects[] = {{"rp_s", "rp_s at 10M", "rp_s", 387, 38.7},
                {"rp_magic0", "rp_magic0 at 10M", "rp_magic0", 331, 33.1},
                {"rp_si", "rp_si at 10M", "rp_si", 499, 49.9},
                {"dm", "dm at 10M", "dm", 1849, 308},
                {"rp", "rp at 10M", "rp", 1705, 284},
                {"adam", "adam at 10M", NULL, 2.4, 2.4}};

/* Seconds of a step over n parameters. */
static double time_step(const struct bench *bench, l2osr_model *model, l2osr_rule *rule, size_t n,
                        unsigned threads) {
    l2osr_context *ctx = context_of(threads);
    struct engine e = {numbers(n, 0.01f), numbers(n, 0.1f), NULL};
    double s;
    must(model ? l2osr_stepper_create_model(&e.stepper, ctx, model, 1, &n, NULL)
               : l2osr_stepper_create(&e.stepper, ctx, rule, 1, &n, NULL));
    bench_time(bench, 1, &(struct bench_work){run_engine, &e}, &s);
    l2osr_stepper_free(e.stepper);
    free(e.x);
    free(e.g);
    l2osr_context_free(ctx);
    return s;
}

static void bench_subject(struct bench *bench, const struct subject *subject, bool large,
                          size_t n) {
    l2osr_context *ctx = context_of(1);
    l2osr_model *model = NULL;
    l2osr_rule *rule = NULL;
    const l2osr_model_options o = {.struct_size = sizeof o, .preset = subject->model};
    const char *name = large ? subject->at_10m : subject->name;
    if (subject->model) {
        const l2osr_status status = l2osr_model_create(&model, ctx, &o);
        if (status == L2OSR_ENOTFOUND) { /* older libraries lack some models */
            l2osr_context_free(ctx);
            return;
        }
        must(status);
    } else {
        must(l2osr_rule_preset(&rule, ctx, "adam"));
    }
    const double bytes = 4.0 * (double)(model ? l2osr_model_state(model) : l2osr_rule_state(rule));
    if (bytes * (double)n <= room) {
        const double one = time_step(bench, model, rule, n, 1) / (double)n;
        const double two = time_step(bench, model, rule, n, 2) / (double)n;
        if (large) {
            bench_report(bench, name, "1 thread", 1e9 * one, "ns");
        } else {
            bench_at_most(bench, name, "1 thread", 1e9 * one, "ns", subject->goal);
            bench_report(bench, name, "torch", subject->torch / (1e9 * one), "x");
        }
        bench_report(bench, name, "2 threads", 1e9 * two, "ns");
        bench_report(bench, name, "state", bytes, "B");
        if (model) {
            const double speed = operations(model) / one;
            bench_report(bench, name, "speed", 1e-9 * speed, "GFLOP/s");
            bench_report(bench, name, "of sgemm", 100 * speed / speed_of_sgemm(bench), "%");
        }
    }
    l2osr_model_free(model);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}

int main(int argc, char **argv) {
    const size_t count = sizeof subjects / sizeof subjects[0];
    int status;
    struct bench *bench =
        bench_start(argc, argv,
                    "Steps of numerical optimizers, per parameter; x: times as fast as PyTorch, %: "
                    "of the speed\n"
                    "of a matrix product. With --quick fewer parameters, and not 10 million.",
                    NULL, &status);
    if (!bench)
        return status;
    single_threaded_blas();
    bench_section(bench, "a step, f32");
    for (size_t i = 0; i < count; i++)
        bench_subject(bench, &subjects[i], false, bench_quick(bench) ? 100000 : 1000000);
    for (size_t i = 0; i < count && !bench_quick(bench); i++)
        bench_subject(bench, &subjects[i], true, 10000000);
    return bench_finish(bench);
}
