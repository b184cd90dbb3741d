/* SPDX-License-Identifier: MIT */
/* Estimates from losses alone against exact gradients, in the mean. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "meta/es.h"
#include "meta/exact.h"
#include "small.h"
#include "suites.h"

enum { SIZE = 446, DIM = 6, UNROLL = 5, WINDOWS = 4, PAIRS = 50, REPEATS = 40 };
enum { STEPS = WINDOWS * UNROLL };
static const double weights_of_losses[UNROLL + 1] = {0.5, 1, 2, 1, 1, 1.5};

static l2osr_status weigh(const void *argument, const double *losses, size_t steps, double *loss) {
    const double *weights = argument;
    *loss = 0;
    for (size_t k = 0; k <= steps; k++)
        *loss += weights[k] * losses[k];
    return L2OSR_OK;
}

static const l2osr__es_loss weighted_loss = {weigh, weights_of_losses};

static l2osr__learner *learner_of(l2osr_context *ctx, const l2osr_model *model) {
    l2osr__learner *learner;
    ck_ok(l2osr__learner_of_model(&learner, ctx, model), ctx);
    return learner;
}

/* Every episode of it is the same; only the perturbations differ. */
static l2osr_task *same_quadratic(l2osr_context *ctx, struct wrapped *w) {
    l2osr_task *task;
    w->one_start = true;
    ck_ok(l2osr_task_quadratic(&w->inner, ctx, DIM, 10, 0, 4), ctx);
    ck_ok(wrapped_task(&task, ctx, w), ctx);
    return task;
}

static double dot(const double *a, const double *b) {
    double sum = 0;
    for (int i = 0; i < SIZE; i++)
        sum += a[i] * b[i];
    return sum;
}

static void add(double *out, const double *a, double scale) {
    for (int i = 0; i < SIZE; i++)
        out[i] += scale * a[i];
}

/* Of the whole episode; where two windows meet, the loss counts for both. */
static void episode_gradient(l2osr_context *ctx, l2osr_model *model, l2osr_task *task,
                             double *flat) {
    double weights[STEPS + 1] = {0};
    l2osr__exact *exact;
    l2osr__pupil *pupil = pupil_of(ctx, model, task);
    for (int w = 0; w < WINDOWS; w++)
        for (int k = 0; k <= UNROLL; k++)
            weights[w * UNROLL + k] += weights_of_losses[k];
    ck_ok(l2osr__exact_create(&exact, pupil, task, 1, STEPS, L2OSR__SECOND_ORDER), ctx);
    ck_ok(l2osr__exact_restart(exact, 0), ctx);
    ck_ok(l2osr__exact_window(exact, STEPS), ctx);
    ck_ok(l2osr__exact_gradient(exact, weights, flat), ctx);
    l2osr__exact_free(exact);
    l2osr__pupil_free(pupil);
}

/* The sum of those of its windows, each with what it starts from as constant. */
static void truncated_gradient(l2osr_context *ctx, l2osr_model *model, l2osr_task *task,
                               double *flat) {
    double window[SIZE];
    l2osr__exact *exact;
    l2osr__pupil *pupil = pupil_of(ctx, model, task);
    memset(flat, 0, SIZE * sizeof *flat);
    ck_ok(l2osr__exact_create(&exact, pupil, task, 1, UNROLL, L2OSR__SECOND_ORDER), ctx);
    ck_ok(l2osr__exact_restart(exact, 0), ctx);
    for (int w = 0; w < WINDOWS; w++) {
        ck_ok(l2osr__exact_window(exact, UNROLL), ctx);
        ck_ok(l2osr__exact_gradient(exact, weights_of_losses, window), ctx);
        add(flat, window, 1);
    }
    l2osr__exact_free(exact);
    l2osr__pupil_free(pupil);
}

struct moments {
    double mean, error; /* of one repeat; of the mean */
};

/* Length along `direction`, in units of its own, of the estimates of an episode's windows. */
static struct moments project(l2osr_context *ctx, l2osr_model *model, l2osr_task *task,
                              bool persistent, const double *direction) {
    const l2osr__es_options options = {PAIRS, 0.01, persistent, 7};
    const double unit = dot(direction, direction);
    l2osr__learner *learner = learner_of(ctx, model);
    double sum = 0, squares = 0, flat[SIZE];
    l2osr__es *es;
    ck_ok(l2osr__es_create(&es, learner, &(l2osr__unroll_config){.task = task}, &options), ctx);
    for (int r = 0; r < REPEATS; r++) {
        double length = 0;
        ck_ok(l2osr__es_restart(es, (uint64_t)r), ctx);
        for (int w = 0; w < WINDOWS; w++) {
            ck_ok(l2osr__es_window(es, l2osr_model_weights(model), UNROLL, &weighted_loss, flat),
                  ctx);
            ck_assert_uint_eq(l2osr__es_pairs(es), PAIRS);
            length += dot(flat, direction) / unit;
        }
        sum += length;
        squares += length * length;
    }
    l2osr__es_free(es);
    l2osr__learner_of_model_free(learner);
    const double mean = sum / REPEATS;
    return (struct moments){mean, sqrt((squares / REPEATS - mean * mean) / (REPEATS - 1))};
}

/* A weight moves all later windows: truncation leaves a quarter of the gradient, while an estimate
 * is within a tenth or so. So each of the two can be told from the other. */
START_TEST(es_estimates_windows_and_pes_the_whole_episode) {
    l2osr_context *ctx = test_context();
    l2osr_model *model = small_model(ctx, "rp_s");
    struct wrapped w = {0};
    double whole[SIZE], truncated[SIZE];
    l2osr_task *task = same_quadratic(ctx, &w);
    episode_gradient(ctx, model, task, whole);
    truncated_gradient(ctx, model, task, truncated);
    const double expected = _i ? 1 : dot(truncated, whole) / dot(whole, whole);
    const struct moments m = project(ctx, model, task, _i, whole);
    ck_assert_double_lt(dot(truncated, whole), 0.6 * dot(whole, whole));
    ck_assert_double_lt(m.error, 0.04);
    ck_assert_double_eq_tol(m.mean, expected, 5 * m.error);
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

/* In the second window, for which all particles have to be where the model is. Where the loss is
 * linear over the perturbations, an estimate from n pairs is the gradient g plus an error of which
 * the expected square is (d + 1) |g|^2 / n in d dimensions: E (g'e)^2 |e|^2 = (d + 2) |g|^2.
 * Relative to that, it varies by (2 / d + 2 / n)^(1/2), less than 8 in 100 here. */
START_TEST(errors_of_es_are_those_of_its_directions) {
    const l2osr__es_options options = {PAIRS, 0.01, false, 7};
    l2osr_context *ctx = test_context();
    l2osr_model *model = small_model(ctx, "rp_s");
    l2osr__learner *learner = learner_of(ctx, model);
    struct wrapped w = {.by_batch = true};
    double exact_flat[SIZE], flat[SIZE], mean[SIZE] = {0};
    l2osr_task *task = same_quadratic(ctx, &w);
    l2osr__exact *exact;
    l2osr__pupil *pupil = pupil_of(ctx, model, task);
    l2osr__es *es;
    ck_ok(l2osr__exact_create(&exact, pupil, task, 1, UNROLL, L2OSR__SECOND_ORDER), ctx);
    ck_ok(l2osr__exact_restart(exact, 0), ctx);
    for (int window = 0; window < 2; window++)
        ck_ok(l2osr__exact_window(exact, UNROLL), ctx);
    ck_ok(l2osr__exact_gradient(exact, weights_of_losses, exact_flat), ctx);
    ck_ok(l2osr__es_create(&es, learner, &(l2osr__unroll_config){.task = task}, &options), ctx);
    for (uint64_t r = 0; r < REPEATS; r++) {
        ck_ok(l2osr__es_restart(es, r), ctx);
        for (int window = 0; window < 2; window++)
            ck_ok(l2osr__es_window(es, l2osr_model_weights(model), UNROLL, &weighted_loss, flat),
                  ctx);
        ck_assert_double_eq_tol(l2osr__es_mean_loss(es), exact->mean_loss, 1e-5 * exact->mean_loss);
        add(mean, flat, 1.0 / REPEATS);
    }
    const double expected = (SIZE + 1) * dot(exact_flat, exact_flat) / (PAIRS * REPEATS);
    add(mean, exact_flat, -1);
    ck_assert_double_eq_tol(dot(mean, mean), expected, 0.4 * expected);
    l2osr__es_free(es);
    l2osr__learner_of_model_free(learner);
    l2osr__exact_free(exact);
    l2osr__pupil_free(pupil);
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

/* With next to no perturbation they do what the model does; so they are whole copies of it. */
START_TEST(particles_are_models_of_the_same_architecture) {
    const double lum[3] = {0.7, -1.3, 2};
    l2osr_context *ctx = test_context();
    l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
    struct wrapped w = {.parted = true};
    double mean_loss[2];
    l2osr_task *task;
    l2osr_model *model;
    o.inputs = "mt logg mine";
    o.features = "let mine = tanh(dsum(g, 0.5)[1])\n";
    o.hidden = &(size_t){3};
    o.n_hidden = 1;
    o.groups = 3;
    o.seed = 6;
    ck_ok(l2osr_model_create(&model, ctx, &o), ctx);
    ck_ok(l2osr_model_set_tensor(model, "lum", lum), ctx);
    ck_ok(l2osr_task_rosenbrock(&w.inner, ctx, 9), ctx);
    ck_ok(wrapped_task(&task, ctx, &w), ctx);
    l2osr__learner *learner = learner_of(ctx, model);
    for (int persistent = 0; persistent < 2; persistent++) {
        const l2osr__es_options options = {2, 1e-9, persistent, 7};
        double flat[SIZE];
        l2osr__es *es;
        ck_assert_uint_lt(l2osr_model_size(model), SIZE);
        ck_ok(l2osr__es_create(&es, learner, &(l2osr__unroll_config){.task = task}, &options), ctx);
        ck_ok(l2osr__es_restart(es, 5), ctx);
        for (int window = 0; window < 2; window++)
            ck_ok(l2osr__es_window(es, l2osr_model_weights(model), UNROLL, NULL, flat), ctx);
        mean_loss[persistent] = l2osr__es_mean_loss(es);
        l2osr__es_free(es);
    }
    ck_assert_double_eq_tol(mean_loss[0], mean_loss[1], 1e-6 * mean_loss[0]);
    l2osr__learner_of_model_free(learner);
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

/* Two windows of rp_s on Rosenbrock; every step may fail. */
static l2osr_status two_windows(l2osr_context *ctx, struct wrapped *w,
                                const l2osr__es_options *options, double *flat) {
    l2osr_model *model = NULL;
    l2osr_task *task = NULL;
    l2osr__learner *learner = NULL;
    l2osr__es *es = NULL;
    l2osr_status status = l2osr_task_rosenbrock(&w->inner, ctx, DIM);
    if (status == L2OSR_OK)
        status = wrapped_task(&task, ctx, w);
    if (status == L2OSR_OK)
        status = l2osr_model_create(&model, ctx, NULL);
    if (status == L2OSR_OK)
        status = l2osr__learner_of_model(&learner, ctx, model);
    if (status == L2OSR_OK)
        status = l2osr__es_create(&es, learner, &(l2osr__unroll_config){.task = task}, options);
    if (status == L2OSR_OK)
        status = l2osr__es_restart(es, 5);
    for (int window = 0; window < 2 && status == L2OSR_OK; window++)
        status = l2osr__es_window(es, l2osr_model_weights(model), UNROLL, NULL, flat);
    l2osr__es_free(es);
    l2osr__learner_of_model_free(learner);
    l2osr_task_free(task);
    l2osr_model_free(model);
    return status;
}

START_TEST(threads_do_not_change_a_bit) {
    const l2osr__es_options options = {5, 0.1, _i, 2};
    double first[SIZE], flat[SIZE];
    for (unsigned threads = 1; threads <= 4; threads *= 2) {
        l2osr_context *ctx = test_context_with(threads, NULL);
        struct wrapped w = {0};
        ck_ok(two_windows(ctx, &w, &options, flat), ctx);
        if (threads == 1)
            memcpy(first, flat, sizeof first);
        ck_assert_mem_eq(first, flat, sizeof first);
        l2osr_context_free(ctx);
    }
}
END_TEST

/* A model of zeros stays where it is, while a perturbed one may move x[0] up by 0.05 in a window.
 */
START_TEST(pairs_that_diverge_are_left_out) {
    const double zeros[SIZE] = {0};
    const l2osr__es_options options = {20, 1, _i, 2};
    l2osr_context *ctx = test_context();
    l2osr_model *model = small_model(ctx, "rp_s");
    struct wrapped w = {0};
    double x[DIM], first[SIZE], flat[SIZE];
    l2osr__learner *learner = learner_of(ctx, model);
    l2osr_task *task = same_quadratic(ctx, &w);
    l2osr__es *es;
    ck_ok(l2osr_model_set_weights(model, zeros), ctx);
    ck_ok(l2osr_task_init(task, 5, x), ctx);
    ck_assert_double_gt(x[0], 0.1);
    w.limit = x[0] + 0.01;
    ck_ok(l2osr__es_create(&es, learner, &(l2osr__unroll_config){.task = task}, &options), ctx);
    ck_ok(l2osr__es_restart(es, 5), ctx);
    ck_ok(l2osr__es_window(es, l2osr_model_weights(model), UNROLL, NULL, first), ctx);
    const size_t left = l2osr__es_pairs(es);
    ck_assert_uint_gt(left, 0);
    ck_assert_uint_lt(left, options.pairs);
    for (int i = 0; i < SIZE; i++)
        ck_assert(isfinite(first[i]));
    w.limit = 100; /* what is out stays out, unless all begin anew with every window */
    ck_ok(l2osr__es_window(es, l2osr_model_weights(model), UNROLL, NULL, flat), ctx);
    ck_assert_uint_eq(l2osr__es_pairs(es), options.persistent ? left : options.pairs);
    ck_ok(l2osr__es_restart(es, 6), ctx);
    ck_ok(l2osr__es_window(es, l2osr_model_weights(model), UNROLL, NULL, flat), ctx);
    ck_assert_uint_eq(l2osr__es_pairs(es), options.pairs);
    w.limit = x[0] + 0.01;
    ck_ok(l2osr__es_restart(es, 5), ctx);
    ck_ok(l2osr__es_window(es, l2osr_model_weights(model), UNROLL, NULL, flat), ctx);
    ck_assert_mem_eq(flat, first, sizeof first);
    w.limit = x[0] / 2;
    ck_assert_int_eq(l2osr__es_window(es, l2osr_model_weights(model), UNROLL, NULL, flat),
                     L2OSR_ENONFINITE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "all 20 pairs"));
    l2osr__es_free(es);
    l2osr__learner_of_model_free(learner);
    l2osr_task_free(task);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(windows_can_be_canceled) {
    const l2osr__es_options options = {3, 0.1, _i, 2};
    l2osr_context *ctx = test_context();
    struct wrapped w = {.cancel = 2 * UNROLL};
    double flat[SIZE];
    ck_assert_int_eq(two_windows(ctx, &w, &options, flat), L2OSR_ECANCELED);
    ck_assert_uint_eq(w.calls, 2 * UNROLL);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(options_out_of_range_are_refused) {
    const l2osr__es_options options[] = {{0, 0.1, false, 0},
                                         {1, 0, false, 0},
                                         {1, -1, true, 0},
                                         {1, NAN, false, 0},
                                         {1, INFINITY, true, 0}};
    l2osr_context *ctx = test_context();
    struct wrapped w = {0};
    double flat[SIZE];
    ck_assert_int_eq(two_windows(ctx, &w, &options[_i], flat), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "evolution strategies"));
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status with_two_pairs(l2osr_context *ctx, bool persistent) {
    const l2osr__es_options options = {2, 0.1, persistent, 2};
    struct wrapped w = {0};
    double flat[SIZE];
    return two_windows(ctx, &w, &options, flat);
}

static l2osr_status es_of_two_pairs(l2osr_context *ctx) {
    return with_two_pairs(ctx, false);
}

static l2osr_status pes_of_two_pairs(l2osr_context *ctx) {
    return with_two_pairs(ctx, true);
}

START_TEST(failing_allocations_leave_nothing_behind) {
    sweep_failures(es_of_two_pairs);
    sweep_failures(pes_of_two_pairs);
}
END_TEST

Suite *es_suite(void) {
    Suite *suite = suite_create("evolution strategies");
    TCase *tests = tcase_create("evolution strategies");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, es_estimates_windows_and_pes_the_whole_episode, 0, 2);
    tcase_add_test(tests, errors_of_es_are_those_of_its_directions);
    tcase_add_test(tests, particles_are_models_of_the_same_architecture);
    tcase_add_loop_test(tests, threads_do_not_change_a_bit, 0, 2);
    tcase_add_loop_test(tests, pairs_that_diverge_are_left_out, 0, 2);
    tcase_add_loop_test(tests, windows_can_be_canceled, 0, 2);
    tcase_add_loop_test(tests, options_out_of_range_are_refused, 0, 5);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
