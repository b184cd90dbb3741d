/* SPDX-License-Identifier: MIT */
/* Tasks made of tasks: what each changes, and what all of them must leave as it is. */
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "task/task.h"

static const l2osr_draw draw = {3, 5};

/* A bowl whose curvature differs from place to place; starts at seed, seed + 1, ... */
enum { HALF = 40, DIM = 2 * HALF };

typedef struct ladder {
    int result, calls_f32, calls_f64;
} ladder;

static int init(void *user, uint64_t seed, double *x) {
    for (size_t i = 0; i < DIM; i++)
        x[i] = (double)(seed + i);
    return ((ladder *)user)->result;
}

static int loss_grad(void *user, const l2osr_draw *d, const double *x, double *loss, double *grad) {
    ladder *l = user;
    (void)d;
    l->calls_f64++;
    *loss = 0;
    for (size_t i = 0; i < DIM; i++) {
        *loss += 0.5 * (double)(i + 1) * x[i] * x[i];
        if (grad)
            grad[i] = (double)(i + 1) * x[i];
    }
    return l->result;
}

static int loss_grad_f32(void *user, const l2osr_draw *d, const float *x, double *loss,
                         float *grad) {
    ladder *l = user;
    (void)d;
    l->calls_f32++;
    *loss = 0;
    for (size_t i = 0; i < DIM; i++) {
        *loss += 0.5 * (double)(i + 1) * (double)x[i] * (double)x[i];
        if (grad)
            grad[i] = (float)(i + 1) * x[i];
    }
    return l->result;
}

static int hvp(void *user, const l2osr_draw *d, const double *x, const double *v, double *hv) {
    (void)d;
    (void)x;
    for (size_t i = 0; i < DIM; i++)
        hv[i] = (double)(i + 1) * v[i];
    return ((ladder *)user)->result;
}

static int metric(void *user, const double *x, double *value) {
    *value = 0;
    for (size_t i = 0; i < DIM; i++)
        *value += (double)(i + 1) * x[i];
    return ((ladder *)user)->result;
}

static const l2osr_group groups[] = {{"a", 2, {5, 8}}, {"b", 1, {HALF}}};

static l2osr_task *make_ladder(l2osr_context *ctx, ladder *l, bool f32, bool f64) {
    const l2osr_task_callbacks c = {.struct_size = sizeof c,
                                    .name = "ladder",
                                    .groups = groups,
                                    .n_groups = 2,
                                    .init = init,
                                    .loss_grad = f64 ? loss_grad : NULL,
                                    .loss_grad_f32 = f32 ? loss_grad_f32 : NULL,
                                    .hvp = f64 ? hvp : NULL,
                                    .metric = f64 ? metric : NULL,
                                    .metric_name = "sum"};
    l2osr_task *task;
    ck_ok(l2osr_task_create(&task, ctx, &c, l), ctx);
    return task;
}

/* A task in one of the wrappers, by number. */
enum { SCALED, REPARAMETERISED, NOISY, PERMUTED, KINDS };

static l2osr_task *wrap(l2osr_context *ctx, int kind, l2osr_task *inner) {
    l2osr_task *task = NULL;
    switch (kind) {
    case SCALED:
        ck_ok(l2osr_task_scaled(&task, ctx, inner, 3), ctx);
        break;
    case REPARAMETERISED:
        ck_ok(l2osr_task_reparameterised(&task, ctx, inner, L2OSR_PER_PARAMETER, 0.5, 7), ctx);
        break;
    case NOISY:
        ck_ok(l2osr_task_noisy(&task, ctx, inner, L2OSR_NOISE_ABSOLUTE, 0.1, 7), ctx);
        break;
    default:
        ck_ok(l2osr_task_permuted(&task, ctx, inner, 7), ctx);
    }
    return task;
}

/* Derivatives of `inner` in each pair of the wrappers without noise. */
static void check_pairs(l2osr_context *ctx, l2osr_task *inner) {
    static const int kinds[] = {SCALED, REPARAMETERISED, PERMUTED};
    double *x = malloc(l2osr_task_dim(inner) * sizeof *x);
    for (int pair = 0; pair < 9; pair++) {
        l2osr_task *first = wrap(ctx, kinds[pair / 3], inner);
        l2osr_task *second = wrap(ctx, kinds[pair % 3], first);
        ck_ok(l2osr_task_init(second, 1, x), ctx);
        check_gradient(ctx, second, x);
        check_f32(ctx, second, x, 1e-4);
        if (inner->callbacks.hvp)
            check_hvp(ctx, second, x);
        l2osr_task_free(second);
        l2osr_task_free(first);
    }
    free(x);
}

START_TEST(derivatives_are_right_through_two_wrappers) {
    static const size_t hidden[] = {6};
    l2osr_context *ctx = test_context();
    const l2osr_mlp_options options = {.struct_size = sizeof options,
                                       .hidden = hidden,
                                       .n_hidden = 1,
                                       .activation = L2OSR_TANH,
                                       .start = L2OSR_START_LECUN,
                                       .batch = 8};
    l2osr_dataset *set;
    l2osr_task *task;
    ck_ok(l2osr_task_quadratic(&task, ctx, 12, 10, 0.1, 4), ctx);
    check_pairs(ctx, task);
    l2osr_task_free(task);
    ck_ok(l2osr_task_rosenbrock(&task, ctx, 5), ctx);
    check_pairs(ctx, task);
    l2osr_task_free(task);
    ck_ok(l2osr_dataset_digits(&set, ctx, 20, 1), ctx);
    ck_ok(l2osr_task_mlp(&task, ctx, set, &options), ctx);
    check_pairs(ctx, task);
    l2osr_task_free(task);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

/* Every wrapper starts where the inner task does, in its own parameters: same metric, and a loss
 * that differs by the factor alone. */
START_TEST(the_start_is_the_same_point) {
    l2osr_context *ctx = test_context();
    ladder l = {0};
    l2osr_task *inner = make_ladder(ctx, &l, false, true);
    double x[DIM], loss, value, inner_loss, inner_value;
    ck_ok(l2osr_task_init(inner, 2, x), ctx);
    ck_ok(l2osr_task_loss_grad(inner, &draw, x, &inner_loss, NULL), ctx);
    ck_ok(l2osr_task_metric(inner, x, &inner_value), ctx);
    for (int kind = 0; kind < KINDS; kind++) {
        l2osr_task *task = wrap(ctx, kind, inner);
        ck_ok(l2osr_task_init(task, 2, x), ctx);
        ck_ok(l2osr_task_loss_grad(task, &draw, x, &loss, NULL), ctx);
        ck_ok(l2osr_task_metric(task, x, &value), ctx);
        ck_assert_double_eq_tol(loss, (kind == SCALED ? 3 : 1) * inner_loss, 1e-12 * loss);
        ck_assert_double_eq_tol(value, inner_value, 1e-12 * value);
        l2osr_task_free(task);
    }
    l2osr_task_free(inner);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(wrappers_keep_what_a_task_has) {
    static const char *const names[KINDS] = {"scaled ladder", "reparameterised ladder",
                                             "noisy ladder", "permuted ladder"};
    l2osr_context *ctx = test_context();
    ladder l = {0};
    l2osr_task *inner = make_ladder(ctx, &l, false, true),
               *bare = make_ladder(ctx, &l, true, false), *concurrent;
    double x[DIM] = {0};
    ck_ok(l2osr_task_rosenbrock(&concurrent, ctx, 4), ctx);
    for (int kind = 0; kind < KINDS; kind++) {
        l2osr_task *task = wrap(ctx, kind, inner);
        ck_assert_str_eq(l2osr_task_name(task), names[kind]);
        ck_assert_str_eq(l2osr_task_metric_name(task), "sum");
        ck_assert_uint_eq(l2osr_task_group_count(task), 2);
        ck_assert_str_eq(l2osr_task_group(task, 1)->name, "b");
        ck_assert_mem_eq(l2osr_task_group(task, 0)->shape, groups[0].shape, sizeof groups->shape);
        ck_assert(!l2osr__task_is_concurrent(task));
        l2osr_task_free(task);
        task = wrap(ctx, kind, bare);
        ck_assert_ptr_null(l2osr_task_metric_name(task));
        ck_assert_int_eq(l2osr_task_hvp(task, &draw, x, x, x), L2OSR_EUNSUPPORTED);
        l2osr_task_free(task);
        task = wrap(ctx, kind, concurrent);
        ck_assert(l2osr__task_is_concurrent(task));
        l2osr_task_free(task);
    }
    l2osr_task_free(concurrent);
    l2osr_task_free(inner);
    l2osr_task_free(bare);
    l2osr_context_free(ctx);
}
END_TEST

/* However deep, the callback of the precision asked for runs, or the one there is. */
START_TEST(precision_goes_all_the_way) {
    l2osr_context *ctx = test_context();
    double x[DIM], grad[DIM], loss;
    float x_f32[DIM], grad_f32[DIM];
    for (int have = 1; have <= 3; have++) {
        ladder l = {0};
        l2osr_task *tasks[KINDS + 1] = {make_ladder(ctx, &l, have & 1, have & 2)};
        for (int kind = 0; kind < KINDS; kind++)
            tasks[kind + 1] = wrap(ctx, kind, tasks[kind]);
        ck_ok(l2osr_task_init(tasks[KINDS], 1, x), ctx);
        ck_ok(l2osr_task_init_f32(tasks[KINDS], 1, x_f32), ctx);
        ck_ok(l2osr_task_loss_grad(tasks[KINDS], &draw, x, &loss, grad), ctx);
        ck_assert_int_eq(have & 2 ? l.calls_f64 : l.calls_f32, 1);
        ck_ok(l2osr_task_loss_grad_f32(tasks[KINDS], &draw, x_f32, &loss, grad_f32), ctx);
        ck_assert_int_eq(l.calls_f64, (have & 2) ? 1 + !(have & 1) : 0);
        ck_assert_int_eq(l.calls_f32 + l.calls_f64, 2);
        for (size_t i = 0; i < DIM; i++)
            ck_assert_double_eq_tol(grad[i], (double)grad_f32[i], 1e-5 * (1 + fabs(grad[i])));
        for (int k = KINDS; k >= 0; k--)
            l2osr_task_free(tasks[k]);
    }
    l2osr_context_free(ctx);
}
END_TEST

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

START_TEST(errors_of_the_inner_task_pass) {
    l2osr_context *ctx = test_context();
    ladder l = {.result = 42};
    l2osr_task *inner = make_ladder(ctx, &l, false, true);
    double x[DIM] = {0}, loss;
    for (int kind = 0; kind < KINDS; kind++) {
        l2osr_task *middle = wrap(ctx, kind, inner), *task = wrap(ctx, PERMUTED, middle);
        l.result = 42 + kind;
        ck_assert_int_eq(l2osr_task_loss_grad(task, &draw, x, &loss, x), L2OSR_ECALLBACK);
        ck_assert_int_eq(l2osr_context_callback_value(ctx), 42 + kind);
        ck_assert_ptr_nonnull(
            strstr(l2osr_context_errmsg(ctx), "task 'ladder', step 5: the callback loss_grad"));
        ck_assert_int_eq(l2osr_task_init(task, 1, x), L2OSR_ECALLBACK);
        ck_assert_int_eq(l2osr_task_hvp(task, &draw, x, x, x), L2OSR_ECALLBACK);
        ck_assert_int_eq(l2osr_task_metric(task, x, &loss), L2OSR_ECALLBACK);
        l.result = 0;
        x[3] = (double)NAN;
        ck_assert_int_eq(l2osr_task_loss_grad(task, &draw, x, &loss, NULL), L2OSR_ENONFINITE);
        ck_assert_double_nan(loss);
        ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "task 'ladder'"));
        x[3] = 0;
        l2osr_task_free(task);
        l2osr_task_free(middle);
    }
    l2osr_task_free(inner);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(rejects_bad_arguments) {
    static const double bad[] = {-1, (double)NAN, (double)INFINITY};
    l2osr_context *ctx = test_context(), *other = test_context();
    ladder l = {0};
    l2osr_task *inner = make_ladder(ctx, &l, false, true), *task;
    for (size_t i = 0; i < 3; i++) {
        ck_assert_int_eq(l2osr_task_scaled(&task, ctx, inner, bad[i]), L2OSR_EINVAL);
        ck_assert_int_eq(l2osr_task_reparameterised(&task, ctx, inner, L2OSR_PER_TASK, bad[i], 1),
                         L2OSR_EINVAL);
        ck_assert_int_eq(l2osr_task_noisy(&task, ctx, inner, L2OSR_NOISE_ABSOLUTE, bad[i], 1),
                         L2OSR_EINVAL);
        ck_assert_ptr_null(task);
    }
    ck_assert_int_eq(l2osr_task_scaled(&task, ctx, inner, 0), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_task_reparameterised(&task, ctx, inner, (l2osr_granularity)3, 1, 1),
                     L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_task_noisy(&task, ctx, inner, (l2osr_noise)2, 1, 1), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_task_permuted(&task, ctx, NULL, 1), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_task_permuted(&task, other, inner, 1), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(other), "'ladder' belongs to another"));
    ck_assert_ptr_null(task);
    l2osr_task_free(inner);
    l2osr_context_free(other);
    l2osr_context_free(ctx);
}
END_TEST

/* Many threads in one nest of wrappers: every piece writes the gradient of a draw of its own. */
enum { PIECES = 64, SIDE = 200 };

struct pieces {
    l2osr_task *task;
    const double *x;
    double *grads; /* [PIECES][SIDE] */
};

static l2osr_status run_piece(void *arg, size_t index) {
    const struct pieces *p = arg;
    const l2osr_draw at = {1, index};
    double loss;
    return l2osr_task_loss_grad(p->task, &at, p->x, &loss, p->grads + index * SIDE);
}

START_TEST(concurrent_calls_do_not_disturb_one_another) {
    l2osr_context_options options = {.struct_size = sizeof options, .threads = 4};
    l2osr_context *ctx;
    l2osr_task *tasks[KINDS + 1];
    double x[SIDE], *grads = malloc(2 * PIECES * SIDE * sizeof *grads);
    ck_assert_int_eq(l2osr_context_create(&ctx, &options), L2OSR_OK);
    ck_ok(l2osr_task_square_cos(&tasks[0], ctx, SIDE / 2, 2, 1), ctx);
    for (int kind = 0; kind < KINDS; kind++)
        tasks[kind + 1] = wrap(ctx, kind, tasks[kind]);
    ck_ok(l2osr_task_init(tasks[KINDS], 1, x), ctx);
    struct pieces p = {tasks[KINDS], x, grads};
    for (size_t i = 0; i < PIECES; i++)
        ck_ok(run_piece(&p, i), ctx);
    p.grads += PIECES * SIDE;
    ck_ok(l2osr__parallel_for(ctx, PIECES, run_piece, &p), ctx);
    ck_assert_mem_eq(grads, p.grads, PIECES * SIDE * sizeof *grads);
    for (int k = KINDS; k >= 0; k--)
        l2osr_task_free(tasks[k]);
    free(grads);
    l2osr_context_free(ctx);
}
END_TEST

TCase *compose_tests(void) {
    TCase *tcase = tcase_create("compose");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, derivatives_are_right_through_two_wrappers);
    tcase_add_test(tcase, the_start_is_the_same_point);
    tcase_add_test(tcase, wrappers_keep_what_a_task_has);
    tcase_add_test(tcase, precision_goes_all_the_way);
    tcase_add_test(tcase, scales_are_drawn_for_each_piece);
    tcase_add_test(tcase, logarithms_of_scales_are_uniform);
    tcase_add_test(tcase, permuting_and_back_is_the_task_itself);
    tcase_add_test(tcase, adam_does_not_see_the_order);
    tcase_add_test(tcase, noise_belongs_to_draw_and_seed);
    tcase_add_test(tcase, errors_of_the_inner_task_pass);
    tcase_add_test(tcase, rejects_bad_arguments);
    tcase_add_test(tcase, concurrent_calls_do_not_disturb_one_another);
    return tcase;
}
