/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "suites.h"
#include "support.h"

enum { STEPS = 40, SEEDS = 3 };

struct comparison {
    l2osr_context *ctx;
    l2osr_task *task;
    l2osr_rule *sgd;
    l2osr_curves *curves;
};

static struct comparison compare(unsigned threads, const double *lrs, size_t n) {
    static const char *const names[] = {"a", "b", "c"};
    struct comparison c;
    l2osr_context_options co = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_evaluate_options o = L2OSR_EVALUATE_OPTIONS_INIT;
    l2osr_entry entries[3];
    co.threads = threads;
    ck_assert_int_eq(l2osr_context_create(&c.ctx, &co), L2OSR_OK);
    ck_ok(l2osr_task_quadratic(&c.task, c.ctx, 20, 10, 0, 4), c.ctx);
    ck_ok(l2osr_rule_preset(&c.sgd, c.ctx, "sgd"), c.ctx);
    for (size_t i = 0; i < n; i++)
        entries[i] = (l2osr_entry){names[i], c.sgd, NULL, lrs[i]};
    o.steps = STEPS;
    o.seeds = SEEDS;
    o.metric = 1;
    ck_ok(l2osr_evaluate(&c.curves, c.ctx, c.task, n, entries, &o), c.ctx);
    return c;
}

static void release(struct comparison *c) {
    l2osr_curves_free(c->curves);
    l2osr_rule_free(c->sgd);
    l2osr_task_free(c->task);
    l2osr_context_free(c->ctx);
}

START_TEST(figures_are_those_of_the_curves) {
    const double lrs[] = {0.1, 0.5};
    struct comparison c = compare(2, lrs, 2);
    double sums[SEEDS] = {0}, mean = 0, squares = 0;
    for (size_t s = 0; s < SEEDS; s++) {
        for (size_t t = STEPS - 20; t < STEPS; t++)
            sums[s] += l2osr_curves_loss(c.curves, 1, s, t) / 20;
        mean += sums[s] / SEEDS;
    }
    for (size_t s = 0; s < SEEDS; s++)
        squares += (sums[s] - mean) * (sums[s] - mean);
    const l2osr_spread spread = l2osr_curves_at(c.curves, 1, STEPS);
    ck_assert_double_eq_tol(spread.mean, mean, 1e-12);
    ck_assert_double_eq_tol(spread.deviation, sqrt(squares / (SEEDS - 1)), 1e-12);
    ck_assert_double_lt(spread.mean, l2osr_curves_at(c.curves, 0, STEPS).mean);
    /* every entry starts from the same points */
    for (size_t s = 0; s < SEEDS; s++)
        ck_assert_double_eq(l2osr_curves_loss(c.curves, 0, s, 0),
                            l2osr_curves_loss(c.curves, 1, s, 0));
    ck_assert_uint_eq(l2osr_curves_entries(c.curves), 2);
    ck_assert_uint_eq(l2osr_curves_seeds(c.curves), SEEDS);
    ck_assert_uint_eq(l2osr_curves_steps(c.curves), STEPS);
    ck_assert(isnan(l2osr_curves_metric(c.curves, 0).mean)); /* the task has none */
    ck_assert(isnan(l2osr_curves_loss(c.curves, 2, 0, 0)));
    ck_assert(isnan(l2osr_curves_at(c.curves, 0, STEPS + 1).mean));
    release(&c);
}
END_TEST

START_TEST(a_diverging_run_is_infinite_and_hurts_nobody) {
    const double lrs[] = {0.1, 1e30};
    struct comparison c = compare(2, lrs, 2);
    ck_assert(isinf(l2osr_curves_at(c.curves, 1, STEPS).mean));
    ck_assert(isfinite(l2osr_curves_at(c.curves, 0, STEPS).mean));
    release(&c);
}
END_TEST

START_TEST(threads_do_not_change_a_bit) {
    const double lrs[] = {0.1, 0.5, 0.02};
    struct comparison one = compare(1, lrs, 3), four = compare(4, lrs, 3);
    for (size_t e = 0; e < 3; e++)
        for (size_t s = 0; s < SEEDS; s++)
            for (size_t t = 0; t < STEPS; t++)
                ck_assert_double_eq(l2osr_curves_loss(one.curves, e, s, t),
                                    l2osr_curves_loss(four.curves, e, s, t));
    release(&one);
    release(&four);
}
END_TEST

START_TEST(grid_search_finds_the_best) {
    const double lrs[] = {0.01, 0.5, 1e30};
    struct comparison c = compare(2, lrs, 1);
    l2osr_evaluate_options o = L2OSR_EVALUATE_OPTIONS_INIT;
    double best;
    o.steps = STEPS;
    ck_ok(l2osr_grid_search(c.ctx, c.task, c.sgd, 3, lrs, &o, &best), c.ctx);
    ck_assert_double_eq(best, 0.5);
    ck_assert_int_eq(l2osr_grid_search(c.ctx, c.task, c.sgd, 1, &lrs[2], &o, &best),
                     L2OSR_ENONFINITE);
    ck_assert_int_eq(l2osr_grid_search(c.ctx, c.task, NULL, 1, lrs, &o, &best), L2OSR_EINVAL);
    release(&c);
}
END_TEST

START_TEST(curves_are_saved_as_csv) {
    const double lrs[] = {0.1, 1e30};
    struct comparison c = compare(2, lrs, 2);
    char path[300];
    l2osr_array *table;
    test_tmp_path(path, sizeof path, "curves.csv");
    ck_ok(l2osr_curves_save(c.curves, path), c.ctx);
    ck_ok(l2osr_array_load(&table, c.ctx, path), c.ctx);
    ck_assert_uint_eq(l2osr_array_extent(table, 0), STEPS);
    ck_assert_uint_eq(l2osr_array_extent(table, 1), 5);
    ck_assert_str_eq(l2osr_array_column_name(table, 3), "b_mean");
    ck_assert_double_eq_tol(l2osr_array_get(table, 1), l2osr_curves_at(c.curves, 0, 1).mean, 1e-5);
    l2osr_array_free(table);
    ck_assert_int_eq(l2osr_curves_save(c.curves, "/dev/null/curves.csv"), L2OSR_EIO);
    release(&c);
}
END_TEST

START_TEST(picked_curves_are_those_of_their_entries) {
    const double lrs[] = {0.1, 0.5, 0.02};
    const size_t picked[] = {2, 0};
    struct comparison c = compare(2, lrs, 3);
    l2osr_curves *some;
    char path[300];
    l2osr_array *table;
    ck_ok(l2osr_curves_pick(&some, c.ctx, c.curves, picked, 2), c.ctx);
    ck_assert_uint_eq(l2osr_curves_entries(some), 2);
    for (size_t e = 0; e < 2; e++)
        for (size_t s = 0; s < SEEDS; s++)
            for (size_t t = 0; t < STEPS; t++)
                ck_assert_double_eq(l2osr_curves_loss(some, e, s, t),
                                    l2osr_curves_loss(c.curves, picked[e], s, t));
    test_tmp_path(path, sizeof path, "picked.csv");
    ck_ok(l2osr_curves_save(some, path), c.ctx);
    ck_ok(l2osr_array_load(&table, c.ctx, path), c.ctx);
    ck_assert_str_eq(l2osr_array_column_name(table, 1), "c_mean");
    ck_assert_str_eq(l2osr_array_column_name(table, 3), "a_mean");
    l2osr_array_free(table);
    l2osr_curves_free(some);
    ck_assert_int_eq(l2osr_curves_pick(&some, c.ctx, c.curves, (size_t[]){0, 3}, 2), L2OSR_ERANGE);
    ck_assert_ptr_null(some);
    ck_assert_int_eq(l2osr_curves_pick(&some, c.ctx, c.curves, picked, 0), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_curves_pick(&some, c.ctx, NULL, picked, 2), L2OSR_EINVAL);
    release(&c);
}
END_TEST

/* A task with a metric; picking must keep its values and leave nothing behind without memory. As an
 * accuracy it is a number for any x. */
static int half_of_x(void *user, const double *x, double *value) {
    (void)user;
    *value = isfinite(x[0]) ? x[0] / 2 : 7;
    return 0;
}

static int start(void *user, uint64_t seed, double *x) {
    (void)user;
    x[0] = (double)(seed % 100);
    return 0;
}

static int bowl(void *user, const l2osr_draw *draw, const double *x, double *loss, double *grad) {
    (void)user;
    (void)draw;
    *loss = x[0] * x[0];
    if (grad)
        grad[0] = 2 * x[0];
    return 0;
}

static l2osr_task *bowl_task(l2osr_context *ctx) {
    const l2osr_group group = {"x", 1, {1}};
    l2osr_task_callbacks callbacks = L2OSR_TASK_CALLBACKS_INIT;
    l2osr_task *task;
    callbacks.name = "bowl";
    callbacks.flags = L2OSR_TASK_CONCURRENT;
    callbacks.groups = &group;
    callbacks.n_groups = 1;
    callbacks.init = start;
    callbacks.loss_grad = bowl;
    callbacks.metric = half_of_x;
    callbacks.metric_name = "half";
    ck_ok(l2osr_task_create(&task, ctx, &callbacks, NULL), ctx);
    return task;
}

/* SGD at two step sizes in the bowl, of which the second one is beyond all bounds. */
static struct comparison roll(unsigned threads, size_t steps, size_t metric_every) {
    const l2osr_evaluate_options o = {
        .struct_size = sizeof o, .steps = steps, .seeds = SEEDS, .metric_every = metric_every};
    struct comparison c = {.ctx = test_context_with(threads, NULL)};
    c.task = bowl_task(c.ctx);
    ck_ok(l2osr_rule_preset(&c.sgd, c.ctx, "sgd"), c.ctx);
    const l2osr_entry entries[] = {{"near", c.sgd, NULL, 0.1}, {"far", c.sgd, NULL, 1e30}};
    ck_ok(l2osr_evaluate(&c.curves, c.ctx, c.task, 2, entries, &o), c.ctx);
    return c;
}

/* In the bowl the metric after k steps is half the root of the loss before the next one. */
START_TEST(metrics_on_the_way_are_those_of_their_steps) {
    struct comparison c = roll(2, 10, 4);
    for (size_t k = 4; k <= 8; k += 4) {
        double mean = 0, squares = 0;
        for (size_t s = 0; s < SEEDS; s++)
            mean += sqrt(l2osr_curves_loss(c.curves, 0, s, k)) / 2 / SEEDS;
        for (size_t s = 0; s < SEEDS; s++)
            squares += pow(sqrt(l2osr_curves_loss(c.curves, 0, s, k)) / 2 - mean, 2);
        const l2osr_spread at = l2osr_curves_metric_at(c.curves, 0, k);
        ck_assert_double_gt(mean, 0);
        ck_assert_double_eq_tol(at.mean, mean, 1e-9 * mean);
        ck_assert_double_eq_tol(at.deviation, sqrt(squares / (SEEDS - 1)), 1e-9 * mean);
    }
    const double end = l2osr_curves_metric_at(c.curves, 0, 10).mean;
    ck_assert_double_eq_tol(end, l2osr_curves_metric_at(c.curves, 0, 8).mean * 0.64, 1e-5 * end);
    ck_assert_double_eq(l2osr_curves_metric(c.curves, 0).mean, end);
    for (size_t k = 0; k <= 12; k++)
        if (k != 4 && k != 8 && k != 10)
            ck_assert(isnan(l2osr_curves_metric_at(c.curves, 0, k).mean));
    ck_assert(isnan(l2osr_curves_metric_at(c.curves, 2, 4).mean));
    release(&c);
}
END_TEST

/* The first step of 1e30 is still a number, the second one is none. */
START_TEST(metrics_end_where_a_run_diverges) {
    struct comparison c = roll(2, 10, 1);
    ck_assert_double_lt(l2osr_curves_metric_at(c.curves, 1, 1).mean, -1e29);
    for (size_t k = 2; k <= 10; k++) {
        ck_assert(isnan(l2osr_curves_metric_at(c.curves, 1, k).mean));
        ck_assert(isfinite(l2osr_curves_metric_at(c.curves, 0, k).mean));
    }
    ck_assert(isnan(l2osr_curves_metric(c.curves, 1).mean));
    release(&c);
}
END_TEST

/* No loss tells of it, as there is none after the last step. */
START_TEST(metrics_know_that_the_last_step_diverged) {
    struct comparison c = roll(2, 2, 2);
    for (size_t s = 0; s < SEEDS; s++)
        ck_assert(isfinite(l2osr_curves_loss(c.curves, 1, s, 1)));
    ck_assert(isnan(l2osr_curves_metric(c.curves, 1).mean));
    ck_assert(isfinite(l2osr_curves_metric(c.curves, 0).mean));
    release(&c);
}
END_TEST

/* Of more threads than seeds, several entries run together. */
START_TEST(threads_do_not_change_a_metric) {
    struct comparison one = roll(1, 10, 4), many = roll(2 * SEEDS, 10, 4);
    for (size_t k = 4; k <= 12; k += 4) {
        const size_t step = k < 10 ? k : 10;
        const l2osr_spread a = l2osr_curves_metric_at(one.curves, 0, step);
        const l2osr_spread b = l2osr_curves_metric_at(many.curves, 0, step);
        ck_assert(a.deviation > 0);
        ck_assert_mem_eq(&a, &b, sizeof a);
        ck_assert(isnan(l2osr_curves_metric_at(many.curves, 1, step).mean));
    }
    release(&one);
    release(&many);
}
END_TEST

START_TEST(metrics_are_saved_as_csv) {
    struct comparison c = roll(2, 10, 4), none = roll(2, 10, 0);
    char path[300], line[200];
    l2osr_curves *near;
    l2osr_array *table;
    test_tmp_path(path, sizeof path, "metrics.csv");
    ck_ok(l2osr_curves_pick(&near, c.ctx, c.curves, (size_t[]){0}, 1), c.ctx);
    ck_ok(l2osr_curves_save_metric(near, path), c.ctx);
    ck_ok(l2osr_array_load(&table, c.ctx, path), c.ctx);
    ck_assert_uint_eq(l2osr_array_extent(table, 0), 3);
    ck_assert_str_eq(l2osr_array_column_name(table, 1), "near_mean");
    for (size_t row = 0; row < 3; row++) {
        const size_t step = row < 2 ? 4 * (row + 1) : 10;
        const l2osr_spread at = l2osr_curves_metric_at(c.curves, 0, step);
        ck_assert_double_eq(l2osr_array_get(table, 3 * row), (double)step);
        ck_assert_double_eq_tol(l2osr_array_get(table, 3 * row + 1), at.mean, 1e-6 * at.mean);
        ck_assert_double_eq_tol(l2osr_array_get(table, 3 * row + 2), at.deviation, 1e-6 * at.mean);
    }
    ck_ok(l2osr_curves_save_metric(c.curves, path), c.ctx);
    FILE *file = fopen(path, "r");
    ck_assert_ptr_nonnull(file);
    ck_assert(fgets(line, sizeof line, file) && fgets(line, sizeof line, file));
    ck_assert_str_eq(line + strlen(line) - 9, ",nan,nan\n");
    fclose(file);
    ck_assert_int_eq(l2osr_curves_save_metric(none.curves, path), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(none.ctx), "no metric"));
    ck_assert(isnan(l2osr_curves_metric(none.curves, 0).mean));
    ck_assert_int_eq(l2osr_curves_save_metric(c.curves, NULL), L2OSR_EINVAL);
    l2osr_array_free(table);
    l2osr_curves_free(near);
    release(&c);
    release(&none);
}
END_TEST

START_TEST(failing_allocations_leave_nothing_behind) {
    struct failing_allocator counts = {-1, 0, 0};
    struct l2osr_allocator allocator = failing_allocator_hooks(&counts);
    l2osr_context_options co = L2OSR_CONTEXT_OPTIONS_INIT;
    const l2osr_evaluate_options o = {
        .struct_size = sizeof o, .steps = 3, .seeds = 2, .metric_every = 2};
    l2osr_context *ctx;
    l2osr_task *task;
    l2osr_entry entries[2] = {{.name = "slow", .lr = 0.01}, {.name = "fast", .lr = 0.1}};
    l2osr_curves *curves, *picked;
    l2osr_status status = L2OSR_ENOMEM;
    co.allocator = &allocator;
    co.threads = 1;
    ck_assert_int_eq(l2osr_context_create(&ctx, &co), L2OSR_OK);
    task = bowl_task(ctx);
    ck_ok(l2osr_rule_preset(&entries[0].rule, ctx, "sgd"), ctx);
    entries[1].rule = entries[0].rule;
    ck_ok(l2osr_evaluate(&curves, ctx, task, 2, entries, &o), ctx);
    const long before = counts.live;
    for (counts.fail_at = 0; status != L2OSR_OK; counts.fail_at++) {
        counts.count = 0;
        status = l2osr_curves_pick(&picked, ctx, curves, (size_t[]){1}, 1);
        if (status != L2OSR_OK) {
            ck_assert_int_eq(status, L2OSR_ENOMEM);
            ck_assert_ptr_null(picked);
            ck_assert_int_eq(counts.live, before);
        }
    }
    ck_assert_int_gt(counts.fail_at, 4); /* the curves alone are five blocks */
    ck_assert_double_eq(l2osr_curves_metric(picked, 0).mean, l2osr_curves_metric(curves, 1).mean);
    ck_assert_double_ne(l2osr_curves_metric(curves, 0).mean, l2osr_curves_metric(curves, 1).mean);
    counts.fail_at = -1;
    l2osr_curves_free(picked);
    l2osr_curves_free(curves);
    l2osr_rule_free(entries[0].rule);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
    ck_assert_int_eq(counts.live, 0);
}
END_TEST

START_TEST(wrong_entries_are_explained) {
    const double lr = 0.1;
    struct comparison c = compare(1, &lr, 1);
    l2osr_entry entry = {"both missing", NULL, NULL, 0};
    l2osr_curves *curves;
    ck_assert_int_eq(l2osr_evaluate(&curves, c.ctx, c.task, 1, &entry, NULL), L2OSR_EINVAL);
    ck_assert_ptr_null(curves);
    entry = (l2osr_entry){"negative", c.sgd, NULL, -1};
    ck_assert_int_eq(l2osr_evaluate(&curves, c.ctx, c.task, 1, &entry, NULL), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(c.ctx), "negative"));
    ck_assert_int_eq(l2osr_evaluate(&curves, c.ctx, c.task, 0, NULL, NULL), L2OSR_EINVAL);
    release(&c);
}
END_TEST

Suite *evaluation_suite(void) {
    Suite *suite = suite_create("evaluation");
    TCase *tests = tcase_create("evaluation");
    tcase_add_test(tests, figures_are_those_of_the_curves);
    tcase_add_test(tests, a_diverging_run_is_infinite_and_hurts_nobody);
    tcase_add_test(tests, threads_do_not_change_a_bit);
    tcase_add_test(tests, grid_search_finds_the_best);
    tcase_add_test(tests, curves_are_saved_as_csv);
    tcase_add_test(tests, metrics_on_the_way_are_those_of_their_steps);
    tcase_add_test(tests, metrics_end_where_a_run_diverges);
    tcase_add_test(tests, metrics_know_that_the_last_step_diverged);
    tcase_add_test(tests, threads_do_not_change_a_metric);
    tcase_add_test(tests, metrics_are_saved_as_csv);
    tcase_add_test(tests, picked_curves_are_those_of_their_entries);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    tcase_add_test(tests, wrong_entries_are_explained);
    suite_add_tcase(suite, tests);
    return suite;
}
