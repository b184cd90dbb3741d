/* SPDX-License-Identifier: MIT */
/* Tuning that is interrupted and goes on; how much memory it takes. */
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "suites.h"
#include "tuning.h"

/* For `cut`: loops run on the context's threads, uncut. */
enum { FREE = -1 };

struct end {
    char text[512];
    double best;
    long loops;
    l2osr_status status;
};

/* Tunes in a context of its own, on two tasks. */
static struct end tune_for(const char *path, int estimator, bool resume, long cut) {
    struct cutter cutter = {.cut = cut == FREE ? -1 : cut};
    struct end end = {.text = ""};
    char passing[300];
    l2osr_context_options co = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_tuner_options o = small_options(estimator);
    l2osr_context *ctx;
    l2osr_rule *rule, *best;
    l2osr_tuner *tuner;
    co.seed = 1;
    co.threads = 2;
    co.parallel_for = cut_loop;
    co.parallel_user = &cutter;
    ck_assert_int_eq(l2osr_context_create(&ctx, &co), L2OSR_OK);
    cutter.ctx = ctx;
    l2osr_task *task = small_quadratic(ctx), *other;
    ck_ok(l2osr_task_quadratic(&other, ctx, 9, 5, 0.1, 3), ctx);
    const l2osr_meta_task mixture[] = {{task, 1}, {other, 1}};
    o.tasks = mixture;
    o.n_tasks = 2;
    o.meta_steps = 8;
    o.validate_every = 3;
    o.trust = 0.2;
    o.optimizer = estimator % 2 ? L2OSR_META_SGD : L2OSR_META_ADAM;
    snprintf(passing, sizeof passing, "%s", path);
    o.checkpoint = passing;
    o.checkpoint_seconds = cut % 2 ? 3600 : 1e-9;
    o.resume = resume;
    ck_ok(l2osr_rule_parse(&rule, ctx, adam_text, NULL), ctx);
    ck_ok(l2osr_tuner_create(&tuner, ctx, rule, NULL, NULL, &o), ctx);
    passing[0] = '\0'; /* texts are copied */
    end.status = l2osr_tuner_run(tuner);
    ck_assert_msg(end.status == L2OSR_OK || (cut >= 0 && end.status == L2OSR_ECANCELED), "%s",
                  l2osr_context_errmsg(ctx));
    ck_ok(l2osr_tuner_rule(tuner, &best), ctx);
    ck_assert_uint_lt(strlen(l2osr_rule_text(best)), sizeof end.text);
    strcpy(end.text, l2osr_rule_text(best));
    end.best = l2osr_tuner_best_loss(tuner);
    end.loops = cutter.loops;
    l2osr_rule_free(best);
    l2osr_tuner_free(tuner);
    l2osr_rule_free(rule);
    l2osr_task_free(task);
    l2osr_task_free(other);
    l2osr_context_free(ctx);
    return end;
}

START_TEST(interrupted_anywhere_the_rule_is_the_same) {
    char path[300];
    test_tmp_path(path, sizeof path, "tuning");
    const struct end whole = tune_for(path, _i, false, FREE);
    ck_assert_int_eq(whole.status, L2OSR_OK);
    ck_assert_int_ge(whole.loops, 10);
    for (long cut = 1; cut < whole.loops; cut += whole.loops / 12 + 1) {
        remove(path);
        ck_assert_int_eq(tune_for(path, _i, false, cut).status, L2OSR_ECANCELED);
        const struct end resumed = tune_for(path, _i, access(path, F_OK) == 0, FREE);
        ck_assert_str_eq(resumed.text, whole.text);
        ck_assert_double_eq(resumed.best, whole.best);
    }
}
END_TEST

START_TEST(other_tuning_is_not_resumed) {
    l2osr_context *ctx = test_context();
    l2osr_tuner_options o = small_options(0);
    l2osr_task *task = small_quadratic(ctx);
    l2osr_rule *rule;
    l2osr_tuner *tuner;
    char path[300];
    test_tmp_path(path, sizeof path, "tuning");
    o.checkpoint = path;
    o.meta_steps = 4;
    l2osr_rule_free(tune(ctx, adam_text, task, &o).rule);
    o.resume = 1;
    o.lag_penalty = 2;
    ck_ok(l2osr_rule_parse(&rule, ctx, adam_text, NULL), ctx);
    ck_ok(l2osr_tuner_create(&tuner, ctx, rule, task, NULL, &o), ctx);
    ck_assert_int_eq(l2osr_tuner_run(tuner), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "lag_penalty 2"));
    l2osr_tuner_free(tuner);
    l2osr_rule_free(rule);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

/* ---- memory ---- */

/* Bytes at the peak of a run of Adam on n parameters, and what was said before. */
static size_t peak_of(int estimator, bool half, size_t n, size_t *said) {
    struct meter meter = {0};
    const struct l2osr_allocator hooks = meter_hooks(&meter);
    l2osr_context *ctx = test_context_with(1, &hooks);
    l2osr_tuner_options o = small_options(estimator);
    l2osr_task *task = plain_task(ctx, &n);
    l2osr_rule *rule;
    l2osr_tuner *tuner;
    o.meta_steps = 4;
    o.validate_runs = 1;
    o.half_memory = half;
    ck_ok(l2osr_rule_preset(&rule, ctx, "adam"), ctx);
    ck_ok(l2osr_tuner_create(&tuner, ctx, rule, task, task, &o), ctx);
    *said = l2osr_tuner_memory(tuner);
    meter.peak = meter.live;
    const size_t before = meter.live;
    ck_ok(l2osr_tuner_run(tuner), ctx);
    l2osr_tuner_free(tuner);
    l2osr_rule_free(rule);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
    ck_assert_uint_eq(meter.live, 0);
    return meter.peak - before;
}

START_TEST(memory_is_what_was_said) {
    enum { N = 40000 };
    size_t said;
    for (int estimator = 0; estimator < ESTIMATORS; estimator++) {
        if (estimator_of(estimator) == L2OSR_META_EXACT)
            continue; /* needs Hessian-vector products, which this task has not */
        const size_t peak = peak_of(estimator, false, N, &said);
        ck_assert_msg(peak <= said + said / 25 && said <= peak + peak / 10,
                      "estimator %d: %zu bytes, %zu were said", estimator, peak, said);
    }
}
END_TEST

/* What another parameter costs with Adam, which has two planes of state: unroll + 6 numbers, and
 * about half of it with gradients in bfloat16. */
START_TEST(windows_of_adam_take_little) {
    enum { N = 50000, UNROLL = 20 };
    static const double most[] = {UNROLL + 6, (UNROLL + 2) / 2.0 + 5};
    size_t said;
    for (int half = 0; half < 2; half++) {
        const size_t few = peak_of(0, half, N, &said), many = peak_of(0, half, 2 * N, &said);
        ck_assert_double_le((double)(many - few) / (4.0 * N), most[half] + 0.2);
    }
}
END_TEST

Suite *ends_suite(void) {
    Suite *suite = suite_create("ends of tuning");
    TCase *tests = tcase_create("ends");
    tcase_set_timeout(tests, 60);
    tcase_add_loop_test(tests, interrupted_anywhere_the_rule_is_the_same, 0, ESTIMATORS);
    tcase_add_test(tests, other_tuning_is_not_resumed);
    tcase_add_test(tests, memory_is_what_was_said);
    tcase_add_test(tests, windows_of_adam_take_little);
    suite_add_tcase(suite, tests);
    return suite;
}
