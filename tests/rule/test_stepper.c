/* SPDX-License-Identifier: MIT */
/* How a step is cut, by how many threads and at what instruction set it runs changes no bit; wrong
 * calls are told. */
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { N = 70001, STEPS = 5 };

static l2osr_context *context_of(unsigned threads, l2osr_isa isa) {
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    o.threads = threads;
    o.isa = isa;
    l2osr_status status = l2osr_context_create(&ctx, &o);
    ck_assert(status == L2OSR_OK || status == L2OSR_EUNSUPPORTED);
    return ctx;
}

/* Both precisions after some steps, by a context. */
typedef struct result {
    double x[N];
    float x32[N];
} result;

static void run(l2osr_context *ctx, result *out) {
    l2osr_rule *rule = read_rule(ctx, busy_text);
    l2osr_stepper *stepper = make_stepper(ctx, rule, N, L2OSR_F64);
    l2osr_stepper *single = make_stepper(ctx, rule, N, L2OSR_F32);
    double *g = malloc(N * sizeof *g);
    float *g32 = malloc(N * sizeof *g32);
    memset(out, 0, sizeof *out);
    take_steps(ctx, stepper, out->x, STEPS);
    for (size_t t = 0; t < STEPS; t++) {
        fill_gradient(g, N, t);
        for (size_t i = 0; i < N; i++)
            g32[i] = (float)g[i];
        ck_ok(l2osr_stepper_step_f32(single, out->x32, g32, NULL), ctx);
    }
    free(g32);
    free(g);
    l2osr_stepper_free(single);
    l2osr_stepper_free(stepper);
    l2osr_rule_free(rule);
}

START_TEST(threads_and_levels) {
    static result wanted, got;
    l2osr_context *ctx = context_of(1, L2OSR_ISA_BASELINE);
    run(ctx, &wanted);
    l2osr_context_free(ctx);
    for (unsigned threads = 1; threads <= 4; threads++)
        for (int isa = L2OSR_ISA_BASELINE; isa <= L2OSR_ISA_AVX512; isa++) {
            ctx = context_of(threads, (l2osr_isa)isa);
            if (!ctx)
                continue;
            run(ctx, &got);
            ck_assert_mem_eq(&got, &wanted, sizeof got);
            l2osr_context_free(ctx);
        }
}
END_TEST

START_TEST(slices) {
    enum { SIZE = 5000 };
    static double whole[SIZE], cut[SIZE], moved[SIZE], dx[SIZE], g[SIZE];
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = read_rule(ctx, busy_text);
    l2osr_stepper *a = make_stepper(ctx, rule, SIZE, L2OSR_F64),
                  *b = make_stepper(ctx, rule, SIZE, L2OSR_F64);
    l2osr_stepper *c = make_stepper(ctx, rule, SIZE, L2OSR_F64);
    take_steps(ctx, a, whole, STEPS);
    for (size_t t = 0; t < STEPS; t++) {
        fill_gradient(g, SIZE, t);
        ck_ok(l2osr_stepper_begin(b, NULL), ctx);
        for (size_t end = SIZE, n = 1; end > 0;
             end -= n, n = 3 * n < end ? 3 * n : end) /* backwards */
            ck_ok(l2osr_stepper_slice_f64(b, end - n, n, cut + end - n, g + end - n), ctx);
        ck_ok(l2osr_stepper_end(b), ctx);
        ck_ok(l2osr_stepper_begin(c, NULL), ctx);
        ck_ok(l2osr_stepper_delta_f64(c, 0, SIZE, moved, g, dx), ctx);
        ck_ok(l2osr_stepper_slice_f64(c, SIZE, 0, moved, g),
              ctx); /* nothing at the end is allowed */
        ck_ok(l2osr_stepper_end(c), ctx);
        for (size_t i = 0; i < SIZE; i++)
            moved[i] += dx[i];
    }
    ck_assert_mem_eq(whole, cut, sizeof whole);
    ck_assert_mem_eq(whole, moved, sizeof whole);
    l2osr_stepper_free(c);
    l2osr_stepper_free(b);
    l2osr_stepper_free(a);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(segments_are_one_sequence) {
    static const size_t lengths[] = {3, 0, 10, 7};
    double x[20] = {0}, same[20] = {0};
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = read_rule(ctx, busy_text);
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    l2osr_stepper *one = make_stepper(ctx, rule, 20, L2OSR_F64), *many;
    o.precision = L2OSR_F64;
    ck_ok(l2osr_stepper_create(&many, ctx, rule, 4, lengths, &o), ctx);
    ck_assert_uint_eq(l2osr_stepper_size(many), 20);
    take_steps(ctx, one, x, STEPS);
    take_steps(ctx, many, same, STEPS);
    ck_assert_mem_eq(x, same, sizeof x);
    ck_assert_uint_eq(l2osr_stepper_count(many), STEPS);
    l2osr_stepper_free(many);
    l2osr_stepper_free(one);
    ck_ok(l2osr_stepper_create(&many, ctx, rule, 0, NULL, NULL), ctx); /* a model of nothing */
    float nothing = 0;
    ck_ok(l2osr_stepper_step_f32(many, &nothing, &nothing, NULL), ctx);
    l2osr_stepper_free(many);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(arguments) {
    double x[2] = {0}, g[2] = {3, -5};
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = read_rule(ctx, "l2osr-rule 1\ndefault lr = 0.5\nupdate = -lr * g * t\n");
    l2osr_stepper *stepper = make_stepper(ctx, rule, 2, L2OSR_F64);
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    ck_ok(l2osr_stepper_step_f64(stepper, x, g, NULL), ctx);
    ck_assert(x[0] == -1.5 && x[1] == 2.5);
    args.grad_scale = -2;
    ck_ok(l2osr_stepper_step_f64(stepper, x, g, &args), ctx);
    ck_assert(x[0] == 4.5 && x[1] == -7.5);
    args.lr = 1;
    args.grad_scale = 0;
    ck_ok(l2osr_stepper_step_f64(stepper, x, g, &args), ctx);
    ck_assert(x[0] == -4.5 && x[1] == 7.5);
    args.lr = 0; /* where schedules end: not the default */
    ck_ok(l2osr_stepper_step_f64(stepper, x, g, &args), ctx);
    ck_assert(x[0] == -4.5 && x[1] == 7.5);
    args.lr = NAN;
    ck_assert_int_eq(l2osr_stepper_step_f64(stepper, x, g, &args), L2OSR_EINVAL);
    args.lr = 1;
    args.grad_scale = INFINITY;
    ck_assert_int_eq(l2osr_stepper_step_f64(stepper, x, g, &args), L2OSR_EINVAL);
    ck_assert_uint_eq(l2osr_stepper_count(stepper), 4);
    struct {
        l2osr_step_args known;
        double news;
    } newer = {L2OSR_STEP_ARGS_INIT, 1};
    newer.known.struct_size = sizeof newer;
    ck_assert_int_eq(l2osr_stepper_step_f64(stepper, x, g, &newer.known), L2OSR_E2BIG);
    newer.news = 0;
    ck_ok(l2osr_stepper_step_f64(stepper, x, g, &newer.known), ctx);
    l2osr_stepper_free(stepper);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(wrong_calls) {
    double x[4] = {0}, g[4] = {0};
    float x32[4] = {0}, g32[4] = {0};
    const size_t huge[2] = {SIZE_MAX, 2}, large = SIZE_MAX / 2, four = 4;
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = read_rule(ctx, busy_text);
    l2osr_stepper *s = make_stepper(ctx, rule, 4, L2OSR_F64), *none;
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    ck_assert_int_eq(l2osr_stepper_end(s), L2OSR_ESTATE);
    ck_assert_int_eq(l2osr_stepper_slice_f64(s, 0, 4, x, g), L2OSR_ESTATE);
    ck_assert_int_eq(l2osr_stepper_delta_f64(s, 0, 4, x, g, x), L2OSR_ESTATE);
    ck_assert_int_eq(l2osr_stepper_step_f32(s, x32, g32, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_stepper_step_f64(s, NULL, g, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_stepper_step_f64(s, x, NULL, NULL), L2OSR_EINVAL);
    ck_assert_uint_eq(l2osr_stepper_count(s), 0);
    ck_ok(l2osr_stepper_begin(s, NULL), ctx);
    ck_assert_int_eq(l2osr_stepper_begin(s, NULL), L2OSR_ESTATE);
    ck_assert_int_eq(l2osr_stepper_step_f64(s, x, g, NULL), L2OSR_ESTATE);
    ck_assert_int_eq(l2osr_stepper_slice_f64(s, 1, 4, x, g), L2OSR_ERANGE);
    ck_assert_int_eq(l2osr_stepper_slice_f64(s, 5, 0, x, g), L2OSR_ERANGE);
    ck_assert_int_eq(l2osr_stepper_slice_f64(s, SIZE_MAX, 2, x, g), L2OSR_ERANGE);
    ck_assert_int_eq(l2osr_stepper_slice_f32(s, 0, 4, x32, g32), L2OSR_EINVAL);
    ck_ok(l2osr_stepper_slice_f64(s, 0, 4, x, g), ctx);
    ck_assert_int_eq(l2osr_stepper_end(s), L2OSR_ERANGE); /* the first failure of a slice */
    ck_assert_str_eq(l2osr_context_errmsg(ctx), "stepper: slice ends past parameter 4");
    ck_ok(l2osr_stepper_begin(s, NULL), ctx);
    ck_ok(l2osr_stepper_end(s), ctx);
    l2osr_stepper_free(s);
    ck_assert_int_eq(l2osr_stepper_create(&none, ctx, rule, 2, huge, NULL), L2OSR_ERANGE);
    ck_assert_ptr_null(none);
    ck_assert_int_eq(l2osr_stepper_create(&none, ctx, rule, 1, &large, NULL), L2OSR_ERANGE);
    ck_assert_int_eq(l2osr_stepper_create(&none, ctx, rule, 1, NULL, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_stepper_create(&none, ctx, NULL, 1, &four, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_stepper_create(NULL, ctx, rule, 1, &four, NULL), L2OSR_EINVAL);
    o.precision = L2OSR_I64;
    ck_assert_int_eq(l2osr_stepper_create(&none, ctx, rule, 1, &four, &o), L2OSR_EINVAL);
    l2osr_stepper_free(NULL);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

TCase *stepper_tests(void) {
    TCase *tests = tcase_create("stepper");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, threads_and_levels);
    tcase_add_test(tests, slices);
    tcase_add_test(tests, segments_are_one_sequence);
    tcase_add_test(tests, arguments);
    tcase_add_test(tests, wrong_calls);
    return tests;
}
