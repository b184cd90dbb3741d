/* SPDX-License-Identifier: MIT */
/* What each task around a task changes: units, order, noise. */
#include "ladder.h"

#include <math.h>
#include <stdlib.h>

static const l2osr_draw draw = {3, 5};

/* Number of different values among the quotients of the two starts, each within its bounds. */
static size_t count_scales(const double *inner, const double *outer, double bound) {
    size_t count = 0;
    for (size_t i = 0; i < DIM; i++) {
        const double scale = inner[i] / outer[i];
        bool known = false;
        for (size_t k = 0; k < i && !known; k++)
            known = fabs(scale / (inner[k] / outer[k]) - 1) < 1e-12;
        ck_assert(fabs(log(scale)) <= bound * (1 + 1e-12));
        count += !known;
    }
    return count;
}

START_TEST(scales_are_drawn_for_each_piece) {
    static const size_t counts[] = {1, 2, DIM};
    l2osr_context *ctx = test_context();
    ladder l = {0};
    l2osr_task *inner = make_ladder(ctx, &l, false, true), *task;
    double x[DIM], start[DIM], again[DIM];
    ck_ok(l2osr_task_init(inner, 1, x), ctx);
    for (unsigned k = 0; k < 3; k++) {
        const l2osr_granularity granularity = (l2osr_granularity)k;
        ck_ok(l2osr_task_reparameterised(&task, ctx, inner, granularity, 3, 1), ctx);
        ck_ok(l2osr_task_init(task, 1, start), ctx);
        ck_assert_uint_eq(count_scales(x, start, 3), counts[k]);
        l2osr_task_free(task);
        ck_ok(l2osr_task_reparameterised(&task, ctx, inner, granularity, 3, 2), ctx);
        ck_ok(l2osr_task_init(task, 1, again), ctx);
        ck_assert_double_ne(start[0], again[0]);
        l2osr_task_free(task);
    }
    ck_ok(l2osr_task_reparameterised(&task, ctx, inner, L2OSR_PER_PARAMETER, 0, 1), ctx);
    ck_ok(l2osr_task_init(task, 1, start), ctx);
    ck_assert_mem_eq(x, start, sizeof x);
    l2osr_task_free(task);
    l2osr_task_free(inner);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(logarithms_of_scales_are_uniform) {
    enum { N = 4000 };
    l2osr_context *ctx = test_context();
    l2osr_task *inner, *task;
    double *x = malloc(2 * N * sizeof *x), *start = x + N, sum = 0, squares = 0;
    ck_ok(l2osr_task_quadratic(&inner, ctx, N, 1, 0, 1), ctx);
    ck_ok(l2osr_task_reparameterised(&task, ctx, inner, L2OSR_PER_PARAMETER, 3, 1), ctx);
    ck_ok(l2osr_task_init(inner, 1, x), ctx);
    ck_ok(l2osr_task_init(task, 1, start), ctx);
    for (size_t i = 0; i < N; i++) {
        sum += log(x[i] / start[i]) / N;
        squares += pow(log(x[i] / start[i]), 2) / N;
    }
    ck_assert_double_eq_tol(sum, 0, 0.15);
    ck_assert_double_eq_tol(squares, 3, 0.2);
    free(x);
    l2osr_task_free(task);
    l2osr_task_free(inner);
    l2osr_context_free(ctx);
}
END_TEST

/* The order shows in the start, whose entries number the inner parameters. */
START_TEST(permuting_and_back_is_the_task_itself) {
    l2osr_context *ctx = test_context();
    ladder l = {0};
    l2osr_task *inner = make_ladder(ctx, &l, true, true), *task;
    double order[DIM], x[DIM], back[DIM], grad[DIM], inner_grad[DIM], loss, inner_loss;
    bool seen[DIM] = {false};
    size_t moved = 0, apart = 0;
    ck_ok(l2osr_task_permuted(&task, ctx, inner, 9), ctx);
    ck_ok(l2osr_task_init(task, 0, order), ctx);
    l2osr_random_normal(5, 0, 0, 1, x, DIM);
    for (size_t i = 0; i < DIM; i++) {
        const size_t place = (size_t)order[i];
        ck_assert(!seen[place] && (place < HALF) == (i < HALF));
        seen[place] = true;
        moved += place != i;
        back[place] = x[i];
    }
    for (size_t i = 0; i < HALF; i++)
        apart += order[i] + HALF != order[i + HALF];
    ck_assert_uint_gt(moved, DIM / 2);
    ck_assert_uint_gt(apart, HALF / 2);
    ck_ok(l2osr_task_loss_grad(task, &draw, x, &loss, grad), ctx);
    ck_ok(l2osr_task_loss_grad(inner, &draw, back, &inner_loss, inner_grad), ctx);
    ck_assert_double_eq(loss, inner_loss);
    for (size_t i = 0; i < DIM; i++)
        ck_assert_double_eq(grad[i], inner_grad[(size_t)order[i]]);
    l2osr_task_free(task);
    l2osr_task_free(inner);
    l2osr_context_free(ctx);
}
END_TEST

/* What Adam makes of a task in `steps` steps: the loss before each. */
static void run_adam(l2osr_context *ctx, l2osr_task *task, size_t steps, double *losses) {
    const size_t dim = DIM;
    const l2osr_stepper_options options = {.struct_size = sizeof options, .precision = L2OSR_F64};
    const l2osr_draw at = {1, 0};
    double x[DIM], grad[DIM];
    l2osr_rule *rule;
    l2osr_stepper *stepper;
    ck_ok(l2osr_rule_preset(&rule, ctx, "adam"), ctx);
    ck_ok(l2osr_stepper_create(&stepper, ctx, rule, 1, &dim, &options), ctx);
    ck_ok(l2osr_task_init(task, 1, x), ctx);
    for (size_t t = 0; t < steps; t++) {
        ck_ok(l2osr_task_loss_grad(task, &at, x, &losses[t], grad), ctx);
        ck_ok(l2osr_stepper_step_f64(stepper, x, grad, NULL), ctx);
    }
    l2osr_stepper_free(stepper);
    l2osr_rule_free(rule);
}

START_TEST(adam_does_not_see_the_order) {
    enum { STEPS = 30 };
    l2osr_context *ctx = test_context();
    ladder l = {0};
    l2osr_task *inner = make_ladder(ctx, &l, false, true), *task = wrap(ctx, PERMUTED, inner);
    double plain[STEPS], permuted[STEPS];
    run_adam(ctx, inner, STEPS, plain);
    run_adam(ctx, task, STEPS, permuted);
    ck_assert_mem_eq(plain, permuted, sizeof plain);
    ck_assert_double_lt(plain[STEPS - 1], plain[0]);
    l2osr_task_free(task);
    l2osr_task_free(inner);
    l2osr_context_free(ctx);
}
END_TEST

/* Writes the noise in the gradient, and the root of its mean square. */
static void noise_of(l2osr_context *ctx, l2osr_task *task, const double *clean, const double *x,
                     const l2osr_draw *d, double *noise, double *rms) {
    size_t n = l2osr_task_dim(task);
    double loss;
    ck_ok(l2osr_task_loss_grad(task, d, x, &loss, noise), ctx);
    *rms = 0;
    for (size_t i = 0; i < n; i++) {
        noise[i] -= clean[i];
        *rms += noise[i] * noise[i] / (double)n;
    }
    *rms = sqrt(*rms);
}

START_TEST(noise_belongs_to_draw_and_seed) {
    enum { N = 4000 };
    l2osr_context *ctx = test_context();
    l2osr_task *inner, *task[3];
    double *x = malloc(5 * N * sizeof *x), *clean = x + N, *first = clean + N, *second = first + N,
           *third = second + N, loss, noisy_loss, rms, sum = 0, size = 0;
    ck_ok(l2osr_task_quadratic(&inner, ctx, N, 10, 0, 4), ctx);
    ck_ok(l2osr_task_noisy(&task[0], ctx, inner, L2OSR_NOISE_ABSOLUTE, 0.3, 1), ctx);
    ck_ok(l2osr_task_noisy(&task[1], ctx, inner, L2OSR_NOISE_ABSOLUTE, 0.3, 2), ctx);
    ck_ok(l2osr_task_noisy(&task[2], ctx, inner, L2OSR_NOISE_RELATIVE, 0.3, 1), ctx);
    ck_ok(l2osr_task_init(inner, 1, x), ctx);
    ck_ok(l2osr_task_loss_grad(inner, &draw, x, &loss, clean), ctx);
    ck_ok(l2osr_task_loss_grad(task[0], &draw, x, &noisy_loss, first), ctx);
    ck_assert_double_eq(loss, noisy_loss);
    noise_of(ctx, task[0], clean, x, &draw, first, &rms);
    ck_assert_double_eq_tol(rms, 0.3, 0.015);
    noise_of(ctx, task[0], clean, x, &draw, second, &rms);
    ck_assert_mem_eq(first, second, N * sizeof *first);
    noise_of(ctx, task[0], clean, x, &(l2osr_draw){3, 6}, second, &rms);
    noise_of(ctx, task[1], clean, x, &draw, third, &rms);
    for (size_t i = 0; i < N; i++) {
        ck_assert(first[i] != second[i] && first[i] != third[i]);
        sum += first[i] / N;
        size += clean[i] * clean[i] / N;
    }
    ck_assert_double_eq_tol(sum, 0, 0.3 * 5 / sqrt(N));
    noise_of(ctx, task[2], clean, x, &draw, second, &rms);
    ck_assert_double_eq_tol(rms, 0.3 * sqrt(size), 0.015);
    for (int k = 0; k < 3; k++)
        l2osr_task_free(task[k]);
    l2osr_task_free(inner);
    free(x);
    l2osr_context_free(ctx);
}
END_TEST

TCase *changes_tests(void) {
    TCase *tcase = tcase_create("changes");
    tcase_add_test(tcase, scales_are_drawn_for_each_piece);
    tcase_add_test(tcase, logarithms_of_scales_are_uniform);
    tcase_add_test(tcase, permuting_and_back_is_the_task_itself);
    tcase_add_test(tcase, adam_does_not_see_the_order);
    tcase_add_test(tcase, noise_belongs_to_draw_and_seed);
    return tcase;
}
