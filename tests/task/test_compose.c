/* SPDX-License-Identifier: MIT */
/* Tasks made of tasks: what holds for all of them; test_changes.c has what each changes. */
#include "ladder.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "task/task.h"

static const l2osr_draw draw = {3, 5};

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
        ck_assert_uint_eq(l2osr_task_group(task, 0)->rank, 2);
        ck_assert_uint_eq(l2osr_task_group(task, 0)->shape[1], 8);
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
    tcase_add_test(tcase, errors_of_the_inner_task_pass);
    tcase_add_test(tcase, rejects_bad_arguments);
    tcase_add_test(tcase, concurrent_calls_do_not_disturb_one_another);
    return tcase;
}
