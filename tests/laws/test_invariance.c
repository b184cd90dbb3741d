/* SPDX-License-Identifier: MIT */
/* How steps are taken changes no bit: all at once or in slices, in place or as changes, on any
 * instruction set and any number of threads, in both precisions. */
#include "laws.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "rule/engine.h"

enum { PATH_STEPS = 4, STATE_SIZE = 4096, LEVELS = 2, LONG_SIZE = 103003 };

typedef enum path { BY_STEPS, BY_CHANGES, BY_SLICES } path;

/* What one part of a law works with. */
typedef struct bench {
    l2osr_context *ctx; /* one thread, what every processor has */
    l2osr_context *level[LEVELS];
    int levels;
    l2osr__rng rng;
    scene scene;
} bench;

static l2osr_context *context_of(unsigned threads, l2osr_isa isa) {
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    o.threads = threads;
    o.isa = isa;
    const l2osr_status status = l2osr_context_create(&ctx, &o);
    must(status == L2OSR_OK || status == L2OSR_EUNSUPPORTED, "no context");
    return ctx;
}

static bench *bench_new(uint64_t seed, int part) {
    bench *b = calloc(1, sizeof *b);
    b->ctx = context_of(1, L2OSR_ISA_BASELINE);
    for (int isa = L2OSR_ISA_AVX2; isa <= L2OSR_ISA_AVX512; isa++) {
        b->level[b->levels] = context_of(1, (l2osr_isa)isa);
        b->levels += b->level[b->levels] != NULL;
    }
    l2osr__rng_init(&b->rng, seed, (uint64_t)part);
    return b;
}

static void bench_free(bench *b) {
    for (int i = 0; i < b->levels; i++)
        l2osr_context_free(b->level[i]);
    l2osr_context_free(b->ctx);
    free(b);
}

#define T         float
#define F(name)   name##_f32
#define PRECISION L2OSR_F32
#include "paths.inc"
#undef T
#undef F
#undef PRECISION

#define T         double
#define F(name)   name##_f64
#define PRECISION L2OSR_F64
#include "paths.inc"

/* Rules that were run wrongly once. */
static const char *const cases[] = {
    "0.1 * x[1] - lr * g", /* the past of what a step overwrites */
    "(x * x)[2] + x[1] + x",
    "mean(update[1]) + lr", /* the past of a number, kept for every parameter */
    "lr * rms(update[1] + t) + wd",
};

START_TEST(cases_of_old) {
    bench *b = bench_new(939, 0);
    l2osr_rule *rule;
    char text[128];
    snprintf(text, sizeof text, "l2osr-rule 1\nupdate = %s\n", cases[_i]);
    ck_ok(l2osr_rule_parse(&rule, b->ctx, text, NULL), b->ctx);
    random_scene(&b->scene, &b->rng, false);
    check_paths_f32(b, rule);
    check_paths_f64(b, rule);
    l2osr_rule_free(rule);
    bench_free(b);
}
END_TEST

START_TEST(every_path_leads_to_the_same) {
    bench *b = bench_new(940, _i);
    for (int k = law_count(100000); k > 0; k--) {
        l2osr_rule *rule = random_parsed(b->ctx, &b->rng, 1 + k % 25,
                                         (mixture){.reductions = k % 3 == 0, .tame = k % 4 != 0});
        random_scene(&b->scene, &b->rng, false);
        if (rule && k % 2)
            check_paths_f32(b, rule);
        else if (rule)
            check_paths_f64(b, rule);
        l2osr_rule_free(rule);
    }
    bench_free(b);
}
END_TEST

/* ---- threads, and slices of many blocks ---- */

static double long_g[LONG_SIZE];

static void long_run(l2osr_context *ctx, l2osr_rule *rule, double *x) {
    static const size_t lengths[] = {70001, 0, LONG_SIZE - 70001};
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    l2osr_stepper *stepper;
    o.precision = L2OSR_F64;
    memcpy(x, long_g, sizeof long_g);
    must_work(l2osr_stepper_create(&stepper, ctx, rule, 3, lengths, &o), ctx);
    for (int step = 0; step < 3; step++)
        must_work(l2osr_stepper_step_f64(stepper, x, long_g, NULL), ctx);
    l2osr_stepper_free(stepper);
}

/* Slices of 3 blocks and of the rest of a segment, reductions too. */
static void long_slices(l2osr_context *ctx, l2osr_rule *rule, double *x) {
    enum { FIRST = 70001, CUT = 3 * L2OSR__REDUCE_BLOCK };
    static const size_t cuts[] = {0, CUT, FIRST, FIRST + CUT, FIRST + 2 * CUT, LONG_SIZE};
    static const size_t lengths[] = {FIRST, 0, LONG_SIZE - FIRST};
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    l2osr_stepper *stepper;
    o.precision = L2OSR_F64;
    memcpy(x, long_g, sizeof long_g);
    must_work(l2osr_stepper_create(&stepper, ctx, rule, 3, lengths, &o), ctx);
    for (int step = 0; step < 3; step++) {
        must_work(l2osr_stepper_begin(stepper, NULL), ctx);
        for (size_t pass = 0; pass < l2osr_rule_passes(rule); pass++) {
            for (int i = 4; i >= 0; i--)
                must_work(l2osr_stepper_reduce_f64(stepper, cuts[i], cuts[i + 1] - cuts[i],
                                                   x + cuts[i], long_g + cuts[i]),
                          ctx);
            must_work(l2osr_stepper_reduced(stepper), ctx);
        }
        for (size_t at = 0, n = 1000; at < LONG_SIZE; at += n, n = 7 * n % 9973 + 1) {
            n = LONG_SIZE - at < n ? LONG_SIZE - at : n;
            must_work(l2osr_stepper_slice_f64(stepper, at, n, x + at, long_g + at), ctx);
        }
        must_work(l2osr_stepper_end(stepper), ctx);
    }
    l2osr_stepper_free(stepper);
}

START_TEST(threads_change_nothing) {
    static double wanted[LONG_SIZE], got[LONG_SIZE];
    l2osr_context *contexts[] = {context_of(1, L2OSR_ISA_AUTO), context_of(2, L2OSR_ISA_AUTO),
                                 context_of(3, L2OSR_ISA_BASELINE)};
    l2osr__rng rng;
    l2osr__rng_init(&rng, 941, (uint64_t)_i);
    l2osr_random_normal(9, 9, 0, 1, long_g, LONG_SIZE);
    for (int k = law_count(300); k > 0; k--) {
        l2osr_rule *rule = random_parsed(contexts[0], &rng, 1 + k % 25,
                                         (mixture){.reductions = true, .tame = true});
        for (int i = 0; rule && i < 4; i++) {
            if (i < 3)
                long_run(contexts[i], rule, i == 0 ? wanted : got);
            else
                long_slices(contexts[0], rule, got);
            must(i == 0 || same_f64(got, wanted, LONG_SIZE), "way %d: another result of\n%s", i,
                 rule->text);
        }
        l2osr_rule_free(rule);
    }
    for (int i = 0; i < 3; i++)
        l2osr_context_free(contexts[i]);
}
END_TEST

TCase *invariance_laws(void) {
    TCase *tests = tcase_create("invariance");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, cases_of_old, 0, sizeof cases / sizeof cases[0]);
    tcase_add_loop_test(tests, every_path_leads_to_the_same, 0, LAW_PARTS);
    tcase_add_loop_test(tests, threads_change_nothing, 0, LAW_PARTS);
    return tests;
}
