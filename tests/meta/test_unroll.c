/* SPDX-License-Identifier: MIT */
/* Random units of coordinates, steps between those recorded, and what losses come to. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "meta/episode.h"
#include "meta/gradient.h"
#include "meta/loss.h"
#include "meta/unroll.h"
#include "suites.h"
#include "support.h"

enum { N = 40, STEPS = 6 };

struct run {
    l2osr_context *ctx;
    l2osr_task *task;
    l2osr_rule *rule;
    l2osr__unroll *unroll;
};

static void open_run(struct run *r, const char *rule, double scale, size_t stride) {
    l2osr_stepper *stepper;
    r->ctx = test_context();
    ck_ok(l2osr_task_quadratic(&r->task, r->ctx, N, 10, 0, 4), r->ctx);
    ck_ok(l2osr_rule_parse(&r->rule, r->ctx, rule, "test"), r->ctx);
    const l2osr__unroll_config config = {.task = r->task,
                                         .planes = l2osr_rule_state(r->rule),
                                         .window = STEPS,
                                         .keep_xs = true,
                                         .stride = stride,
                                         .scale = scale};
    ck_ok(l2osr__stepper_for(&stepper, r->ctx, r->task, r->rule, NULL, L2OSR_F32), r->ctx);
    ck_ok(l2osr__unroll_create(&r->unroll, r->ctx, stepper, &config), r->ctx);
    ck_ok(l2osr__unroll_restart(r->unroll, 7), r->ctx);
}

static void close_run(struct run *r) {
    l2osr__unroll_free(r->unroll);
    l2osr_rule_free(r->rule);
    l2osr_task_free(r->task);
    l2osr_context_free(r->ctx);
}

static const char still[] = "l2osr-rule 1\nupdate = -lr * 0 * g\n";
static const char descent[] = "l2osr-rule 1\nupdate = -0.01 * g\n";

START_TEST(units_change_the_coordinates_not_the_loss) {
    struct run plain, scaled;
    float least = INFINITY, largest = 0;
    open_run(&plain, still, 0, 0);
    open_run(&scaled, still, 2, 0);
    ck_ok(l2osr__unroll_window(plain.unroll, STEPS), plain.ctx);
    ck_ok(l2osr__unroll_window(scaled.unroll, STEPS), scaled.ctx);
    ck_assert_double_eq_tol(scaled.unroll->losses[0], plain.unroll->losses[0],
                            1e-5 * plain.unroll->losses[0]);
    for (size_t i = 0; i < N; i++) {
        const float s = scaled.unroll->scale[i];
        ck_assert_float_eq_tol(scaled.unroll->x[i] * s, plain.unroll->x[i], 1e-5F);
        ck_assert_float_eq_tol(scaled.unroll->g[i] / s, plain.unroll->g[i], 1e-5F);
        least = fminf(least, s);
        largest = fmaxf(largest, s);
    }
    ck_assert_float_gt(least, expf(-2));
    ck_assert_float_lt(largest, expf(2));
    ck_assert_float_lt(least, 0.4F); /* all 40 within a third of the range happens to nobody */
    ck_assert_float_gt(largest, 2.5F);
    close_run(&plain);
    close_run(&scaled);
}
END_TEST

START_TEST(every_episode_has_its_units) {
    struct run r;
    float first[N];
    open_run(&r, still, 1, 0);
    memcpy(first, r.unroll->scale, sizeof first);
    ck_ok(l2osr__unroll_restart(r.unroll, 8), r.ctx);
    ck_assert_mem_ne(r.unroll->scale, first, sizeof first);
    ck_ok(l2osr__unroll_restart(r.unroll, 7), r.ctx);
    ck_assert_mem_eq(r.unroll->scale, first, sizeof first);
    close_run(&r);
}
END_TEST

/* The task in f64, at the point that the unroll's coordinates stand for. */
static double loss_at(struct run *r, const double *x) {
    double point[N], loss;
    const l2osr_draw draw = {0, 0};
    for (size_t i = 0; i < N; i++)
        point[i] = x[i] * (double)r->unroll->scale[i];
    ck_ok(l2osr_task_loss_grad(r->task, &draw, point, &loss, NULL), r->ctx);
    return loss;
}

START_TEST(scaled_gradients_match_differences) {
    struct run r;
    double x[N], largest = 0;
    open_run(&r, still, 1.5, 0);
    ck_ok(l2osr__unroll_window(r.unroll, 1), r.ctx);
    for (size_t i = 0; i < N; i++) {
        x[i] = (double)r.unroll->x[i];
        largest = fmax(largest, fabs((double)r.unroll->g[i]));
    }
    for (size_t i = 0; i < N; i++) {
        const double at = x[i], step = 1e-4;
        x[i] = at + step;
        const double up = loss_at(&r, x);
        x[i] = at - step;
        const double down = loss_at(&r, x);
        x[i] = at;
        ck_assert_double_eq_tol((up - down) / (2 * step), (double)r.unroll->g[i], 1e-5 * largest);
    }
    close_run(&r);
}
END_TEST

/* Two steps for one recorded: every other gradient and point of a window of single steps. */
START_TEST(a_stride_leaves_steps_out_of_the_record) {
    struct run one, two;
    open_run(&one, descent, 0, 1);
    open_run(&two, descent, 0, 2);
    ck_ok(l2osr__unroll_window(one.unroll, STEPS), one.ctx);
    ck_ok(l2osr__unroll_window(two.unroll, STEPS / 2), two.ctx);
    for (size_t t = 0; t < STEPS / 2; t++) {
        ck_assert_mem_eq(two.unroll->g + t * N, one.unroll->g + 2 * t * N, N * sizeof(float));
        ck_assert_mem_eq(two.unroll->xs + t * N, one.unroll->xs + 2 * t * N, N * sizeof(float));
        ck_assert_double_eq(two.unroll->losses[t], one.unroll->losses[2 * t]);
    }
    ck_assert_mem_eq(two.unroll->x, one.unroll->x, N * sizeof(float));
    ck_assert_double_eq(two.unroll->losses[STEPS / 2], one.unroll->losses[STEPS]);
    close_run(&one);
    close_run(&two);
}
END_TEST

/* ---- meta-losses ---- */

static const double factors[STEPS + 1] = {1, 0.5, 2, 0, 1, 3, 0.25};
static const double losses[STEPS + 1] = {3, 2.5, 2, 1.5, 1.25, 1, 0.5};

/* The weights are the derivatives of the value; all kinds, with and without factors. */
START_TEST(weights_are_derivatives_of_the_meta_loss) {
    l2osr_context *ctx = test_context();
    for (int kind = L2OSR_LOSS_SUM; kind <= L2OSR_LOSS_LOG_SUM; kind++)
        for (int factored = 0; factored < 2; factored++) {
            const l2osr__meta_loss loss = {(l2osr_meta_loss)kind, "test", STEPS,
                                           factored ? factors : NULL};
            double weights[STEPS + 1], moved[STEPS + 1], up, down;
            ck_ok(l2osr__meta_loss_weights(&loss, ctx, losses, weights), ctx);
            for (size_t r = 0; r <= STEPS; r++) {
                const double step = 1e-5;
                memcpy(moved, losses, sizeof moved);
                moved[r] = losses[r] + step;
                ck_ok(l2osr__meta_loss_value(&loss, ctx, 4, moved, &up), ctx);
                moved[r] = losses[r] - step;
                ck_ok(l2osr__meta_loss_value(&loss, ctx, 4, moved, &down), ctx);
                ck_assert_double_eq_tol((up - down) / (2 * step), weights[r], 1e-8);
            }
        }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(meta_losses_have_the_values_they_should) {
    l2osr_context *ctx = test_context();
    l2osr__meta_loss loss = {L2OSR_LOSS_SUM, "test", STEPS, NULL};
    double value, diverged[STEPS + 1];
    ck_ok(l2osr__meta_loss_value(&loss, ctx, 3, losses, &value), ctx);
    ck_assert_double_eq_tol(value, 11.75, 1e-12);
    loss.kind = L2OSR_LOSS_LAST;
    ck_ok(l2osr__meta_loss_value(&loss, ctx, 3, losses, &value), ctx);
    ck_assert_double_eq(value, 0.5);
    loss.kind = L2OSR_LOSS_LOG_RATIO;
    ck_ok(l2osr__meta_loss_value(&loss, ctx, 3, losses, &value), ctx);
    ck_assert_double_eq_tol(value, log(3 * 2.5 * 2 * 1.5 * 1.25 * 1 * 0.5 / pow(3, 7)), 1e-12);
    loss.kind = L2OSR_LOSS_LOG_SUM;
    ck_ok(l2osr__meta_loss_value(&loss, ctx, 3, losses, &value), ctx);
    ck_assert_double_eq_tol(value, log(11.75), 1e-12);
    memcpy(diverged, losses, sizeof diverged);
    diverged[STEPS] = INFINITY;
    ck_ok(l2osr__meta_loss_value(&loss, ctx, 3, diverged, &value), ctx);
    ck_assert(isinf(value));
    diverged[STEPS] = -12;
    ck_assert_int_eq(l2osr__meta_loss_weights(&loss, ctx, diverged, diverged), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(
        strstr(l2osr_context_errmsg(ctx), "test: the losses of a window sum to -0.75"));
    ck_assert_int_eq(l2osr__meta_loss_value(&loss, ctx, 3, diverged, &value), L2OSR_EINVAL);
    loss.kind = L2OSR_LOSS_LOG_RATIO;
    ck_assert_int_eq(l2osr__meta_loss_weights(&loss, ctx, diverged, diverged), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "-12"));
    l2osr_context_free(ctx);
}
END_TEST

/* For whoever differentiates by weights there are no halves. */
START_TEST(weights_refuse_halves) {
    const l2osr_model_options o = {.struct_size = sizeof o, .preset = "rp_si"};
    struct run r;
    l2osr_model *model;
    l2osr_stepper *stepper;
    l2osr__unroll *unroll;
    l2osr__gradient gradient;
    open_run(&r, still, 0, 0);
    ck_ok(l2osr_model_create(&model, r.ctx, &o), r.ctx);
    const l2osr__unroll_config config = {
        .task = r.task, .planes = l2osr_model_state(model), .window = STEPS, .half = true};
    double *flat = malloc(l2osr_model_size(model) * sizeof *flat);
    ck_ok(l2osr__stepper_for(&stepper, r.ctx, r.task, NULL, model, L2OSR_F32), r.ctx);
    ck_ok(l2osr__unroll_create(&unroll, r.ctx, stepper, &config), r.ctx);
    ck_ok(l2osr__gradient_init(&gradient, r.ctx, model, r.task, STEPS), r.ctx);
    ck_ok(l2osr__unroll_restart(unroll, 1), r.ctx);
    ck_ok(l2osr__unroll_window(unroll, STEPS), r.ctx);
    ck_assert_int_eq(l2osr__gradient_of_window(&gradient, unroll, flat), L2OSR_EUNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(r.ctx), "bfloat16"));
    free(flat);
    l2osr__gradient_clear(&gradient);
    l2osr__unroll_free(unroll);
    l2osr_model_free(model);
    close_run(&r);
}
END_TEST

Suite *unroll_suite(void) {
    Suite *suite = suite_create("unroll");
    TCase *tests = tcase_create("unroll");
    tcase_add_test(tests, units_change_the_coordinates_not_the_loss);
    tcase_add_test(tests, every_episode_has_its_units);
    tcase_add_test(tests, scaled_gradients_match_differences);
    tcase_add_test(tests, a_stride_leaves_steps_out_of_the_record);
    tcase_add_test(tests, weights_refuse_halves);
    tcase_add_test(tests, weights_are_derivatives_of_the_meta_loss);
    tcase_add_test(tests, meta_losses_have_the_values_they_should);
    suite_add_tcase(suite, tests);
    return suite;
}
