/* SPDX-License-Identifier: MIT */
/* The exact meta-gradient of models. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "differences.h"
#include "meta/episode.h"
#include "meta/exact.h"
#include "meta/gradient.h"
#include "rule/rule.h"
#include "small.h"
#include "suites.h"

enum { DIM = 37, UNROLL = DIFFERENCES_UNROLL, WINDOWS = 2, SAMPLES = 60 };

static double largest_of(size_t n, const double *a) {
    double largest = 0;
    for (size_t i = 0; i < n; i++)
        largest = fmax(largest, fabs(a[i]));
    return largest;
}

static void compare(l2osr_context *ctx, l2osr_model *model, l2osr_task *task) {
    const size_t size = l2osr_model_size(model);
    double *weights = malloc(size * sizeof *weights);
    l2osr__pupil *pupil = pupil_of(ctx, model, task);
    l2osr_model_free(pupil->model); /* which may not have the features that a test gave it */
    pupil->model = l2osr_model_ref(model);
    memcpy(weights, l2osr_model_weights(model), size * sizeof *weights);
    check_differences(pupil, task, weights, L2OSR__SECOND_ORDER, 1e-6);
    check_differences(pupil, task, weights, L2OSR__FIRST_ORDER, 1e-6);
    l2osr__pupil_free(pupil);
    free(weights);
}

static const char *const presets[] = {"rp_s", "dm", "rp_si"};

START_TEST(exact_gradient_matches_the_true_loss_on_a_noisy_quadratic) {
    l2osr_context *ctx = test_context();
    l2osr_model *model = small_model(ctx, presets[_i]);
    l2osr_task *task;
    ck_ok(l2osr_task_quadratic(&task, ctx, DIM, 100, 0.1, 4), ctx);
    compare(ctx, model, task);
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(exact_gradient_matches_the_true_loss_on_rosenbrock) {
    l2osr_context *ctx = test_context();
    l2osr_model *model = small_model(ctx, presets[_i]);
    l2osr_task *task;
    ck_ok(l2osr_task_rosenbrock(&task, ctx, DIM), ctx);
    compare(ctx, model, task);
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(curvature_is_that_of_the_minibatch) {
    l2osr_context *ctx = test_context();
    l2osr_model *model = small_model(ctx, "rp_s");
    struct wrapped w = {.by_batch = true};
    l2osr_task *task;
    ck_ok(l2osr_task_rosenbrock(&w.inner, ctx, DIM), ctx);
    ck_ok(wrapped_task(&task, ctx, &w), ctx);
    compare(ctx, model, task);
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(step_sizes_of_groups_have_their_gradient) {
    const double lum[3] = {0.7, -1.3, 2};
    l2osr_context *ctx = test_context();
    l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
    struct wrapped w = {.parted = true};
    l2osr_task *task;
    l2osr_model *model;
    o.groups = 3;
    o.pre = 1; /* so few weights that all are compared */
    o.hidden = &(size_t){2};
    o.n_hidden = 1;
    ck_ok(l2osr_model_create(&model, ctx, &o), ctx);
    ck_ok(l2osr_model_set_tensor(model, "lum", lum), ctx);
    ck_assert_uint_lt(l2osr_model_size(model), SAMPLES);
    ck_ok(l2osr_task_rosenbrock(&w.inner, ctx, DIM), ctx);
    ck_ok(wrapped_task(&task, ctx, &w), ctx);
    compare(ctx, model, task);
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

/* Gives a model of five features others in their place. */
static void replace_features(l2osr_context *ctx, l2osr_model *m, const char *prelude,
                             const char *const names[5]) {
    l2osr__rule_header header;
    l2osr__routine_clear(&m->routine, ctx);
    l2osr__expr_clear(&m->expr);
    l2osr__expr_init(&m->expr, ctx);
    ck_ok(l2osr__parse_rule(&m->expr, &header, ctx, (l2osr__source){"features", prelude},
                            &l2osr__rule_symbols),
          ctx);
    for (int f = 0; f < 5; f++)
        m->features[f] = l2osr__expr_find_let(&m->expr, names[f], strlen(names[f]));
    const l2osr__program_source source = {.nodes = m->expr.nodes,
                                          .count = m->expr.count,
                                          .roots = m->features,
                                          .n_roots = 5,
                                          .symbols = &l2osr__rule_symbols,
                                          .update = -1};
    ck_ok(l2osr__routine_init(&m->routine, ctx, &source), ctx);
}

/* Memories of all kinds, lags of inputs, of memories and of lags, a feature that is a lag, one that
 * reads the parameters, one that is a number of the step. */
START_TEST(adjoints_of_the_state_are_carried_through_all_that_remembers) {
    static const char prelude[] = "l2osr-rule 1\n"
                                  "let a = dsum(g, 0.7)\n"
                                  "let b = ema(g^2, 0.9)\n"
                                  "let p = 0.3 * a[1] + dmax(abs(g), 0.8)\n"
                                  "let q = tanh(p[2] - x + g[3] / (1 + b[2]))\n"
                                  "let r = g[1]\n"
                                  "let s = tanh(r[2] * x[1] + ema(a[1], 0.5) / sqrt(1 + b))\n"
                                  "let n = 1 / (1 + t)\n";
    static const char *const names[5] = {"q", "r", "s", "a", "n"};
    l2osr_context *ctx = test_context();
    l2osr_model *model = small_model(ctx, "rp_si");
    l2osr_task *task;
    replace_features(ctx, model, prelude, names);
    ck_ok(l2osr_task_quadratic(&task, ctx, DIM, 10, 0.1, 4), ctx);
    compare(ctx, model, task);
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

/* And an unroll's episode of the same seed is the same episode. */
START_TEST(without_curvature_it_is_the_first_order_gradient) {
    l2osr_context *ctx = test_context();
    l2osr_model *model = small_model(ctx, presets[_i]);
    struct wrapped w = {.flat = true};
    const size_t size = l2osr_model_size(model);
    double *flat = malloc(size * sizeof *flat), *first_order = malloc(size * sizeof *flat);
    l2osr_task *task;
    l2osr_stepper *stepper;
    l2osr__unroll *unroll;
    l2osr__gradient gradient;
    l2osr__exact *exact;
    ck_ok(l2osr_task_quadratic(&w.inner, ctx, DIM, 100, 0.1, 4), ctx);
    ck_ok(wrapped_task(&task, ctx, &w), ctx);
    const l2osr__unroll_config config = {
        .task = task, .planes = l2osr_model_state(model), .window = UNROLL};
    ck_ok(l2osr__stepper_for(&stepper, ctx, task, NULL, model, L2OSR_F32), ctx);
    ck_ok(l2osr__unroll_create(&unroll, ctx, stepper, &config), ctx);
    ck_ok(l2osr__gradient_init(&gradient, ctx, model, task, UNROLL), ctx);
    l2osr__pupil *pupil = pupil_of(ctx, model, task);
    ck_ok(l2osr__exact_create(&exact, pupil, task, 1, UNROLL, L2OSR__SECOND_ORDER), ctx);
    ck_ok(l2osr__unroll_restart(unroll, 5), ctx);
    ck_ok(l2osr__exact_restart(exact, 5), ctx);
    for (int window = 0; window < WINDOWS; window++) {
        ck_ok(l2osr__unroll_window(unroll, UNROLL), ctx);
        ck_ok(l2osr__gradient_of_window(&gradient, unroll, first_order), ctx);
        ck_ok(l2osr__exact_window(exact, UNROLL), ctx);
        ck_ok(l2osr__exact_gradient(exact, NULL, flat), ctx);
        ck_assert_double_eq_tol(exact->mean_loss, unroll->mean_loss, 1e-5 * unroll->mean_loss);
        const double largest = largest_of(size, flat);
        for (size_t i = 0; i < size; i++) /* x moves by 0.01 u */
            ck_assert_double_eq_tol(0.01 * first_order[i], flat[i], 1e-4 * largest);
    }
    l2osr__exact_free(exact);
    l2osr__pupil_free(pupil);
    l2osr__gradient_clear(&gradient);
    l2osr__unroll_free(unroll);
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
    free(flat);
    free(first_order);
}
END_TEST

/* Two windows of the exact gradient of rp_s into flat[446]; every step may fail. */
static l2osr_status two_windows(l2osr_context *ctx, struct wrapped *w, size_t dim, double *flat) {
    l2osr_model *model = NULL;
    l2osr_task *task = NULL;
    l2osr__learner *learner = NULL;
    l2osr__pupil *pupil = NULL;
    l2osr__exact *exact = NULL;
    l2osr_status status = l2osr_task_rosenbrock(&w->inner, ctx, dim);
    if (status == L2OSR_OK)
        status = wrapped_task(&task, ctx, w);
    if (status == L2OSR_OK)
        status = l2osr_model_create(&model, ctx, NULL);
    if (status == L2OSR_OK)
        status = l2osr__learner_of_model(&learner, ctx, model);
    if (status == L2OSR_OK)
        status = l2osr__pupil_create(&pupil, learner, task);
    if (status == L2OSR_OK)
        status = l2osr__exact_create(&exact, pupil, task, 1, UNROLL, L2OSR__SECOND_ORDER);
    if (status == L2OSR_OK)
        status = l2osr__exact_restart(exact, 5);
    for (int window = 0; window < WINDOWS && status == L2OSR_OK; window++) {
        status = l2osr__exact_window(exact, UNROLL);
        if (status == L2OSR_OK)
            status = l2osr__exact_gradient(exact, NULL, flat);
    }
    l2osr__exact_free(exact);
    l2osr__pupil_free(pupil);
    l2osr__learner_of_model_free(learner);
    l2osr_task_free(task);
    l2osr_model_free(model);
    return status;
}

START_TEST(threads_do_not_change_a_bit) {
    double first[446], flat[446];
    for (unsigned threads = 1; threads <= 4; threads *= 2) {
        l2osr_context *ctx = test_context_with(threads, NULL);
        struct wrapped w = {0};
        ck_ok(two_windows(ctx, &w, 1500, flat), ctx);
        if (threads == 1)
            memcpy(first, flat, sizeof first);
        ck_assert_mem_eq(first, flat, sizeof first);
        l2osr_context_free(ctx);
    }
}
END_TEST

START_TEST(a_task_without_hessian_products_is_refused) {
    l2osr_context *ctx = test_context();
    struct wrapped w = {.no_hvp = true};
    double flat[446];
    ck_assert_int_eq(two_windows(ctx, &w, 6, flat), L2OSR_EUNSUPPORTED);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "Hessian-vector product; 'wrapped'"));
    l2osr_context_free(ctx);
}
END_TEST

/* x[0] of Rosenbrock begins around -1.2. */
START_TEST(a_diverged_episode_is_reported) {
    l2osr_context *ctx = test_context();
    struct wrapped w = {.limit = 1e-300};
    double flat[446];
    ck_ok(two_windows(ctx, &w, 6, flat), ctx);
    l2osr_task *task;
    l2osr_model *model = small_model(ctx, "rp_s");
    l2osr__exact *exact;
    ck_ok(l2osr_task_rosenbrock(&w.inner, ctx, 6), ctx);
    ck_ok(wrapped_task(&task, ctx, &w), ctx);
    l2osr__pupil *pupil = pupil_of(ctx, model, task);
    ck_ok(l2osr__exact_create(&exact, pupil, task, 1, UNROLL, L2OSR__SECOND_ORDER), ctx);
    ck_ok(l2osr__exact_restart(exact, 5), ctx);
    exact->x[0] = 1;
    ck_assert_int_eq(l2osr__exact_window(exact, UNROLL), L2OSR_ENONFINITE);
    ck_ok(l2osr__exact_restart(exact, 5), ctx);
    ck_ok(l2osr__exact_window(exact, UNROLL), ctx);
    l2osr__exact_free(exact);
    l2osr__pupil_free(pupil);
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

/* In the steps of the window, and in its last loss: then on the way back. */
START_TEST(a_window_can_be_canceled) {
    const size_t calls[] = {3, UNROLL + 1};
    double flat[446];
    l2osr_context *ctx = test_context();
    struct wrapped w = {.cancel = calls[_i]};
    ck_assert_int_eq(two_windows(ctx, &w, 6, flat), L2OSR_ECANCELED);
    ck_assert_uint_eq(w.calls, calls[_i]);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status two_windows_of_few(l2osr_context *ctx) {
    struct wrapped w = {0};
    double flat[446];
    return two_windows(ctx, &w, 6, flat);
}

START_TEST(failing_allocations_leave_nothing_behind) {
    sweep_failures(two_windows_of_few);
}
END_TEST

Suite *exact_suite(void) {
    Suite *suite = suite_create("exact meta-gradient");
    TCase *tests = tcase_create("exact meta-gradient");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, exact_gradient_matches_the_true_loss_on_a_noisy_quadratic, 0, 3);
    tcase_add_loop_test(tests, exact_gradient_matches_the_true_loss_on_rosenbrock, 0, 3);
    tcase_add_test(tests, curvature_is_that_of_the_minibatch);
    tcase_add_test(tests, step_sizes_of_groups_have_their_gradient);
    tcase_add_test(tests, adjoints_of_the_state_are_carried_through_all_that_remembers);
    tcase_add_loop_test(tests, without_curvature_it_is_the_first_order_gradient, 0, 3);
    tcase_add_test(tests, threads_do_not_change_a_bit);
    tcase_add_test(tests, a_task_without_hessian_products_is_refused);
    tcase_add_test(tests, a_diverged_episode_is_reported);
    tcase_add_loop_test(tests, a_window_can_be_canceled, 0, 2);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
