/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "base/context.h"

typedef struct reports {
    int count, answer;
    l2osr_progress last;
    char stage[32], detail[32];
} reports;

static int receive(void *user, const l2osr_progress *progress) {
    reports *r = user;
    r->count++;
    r->last = *progress;
    snprintf(r->stage, sizeof r->stage, "%s", progress->stage);
    snprintf(r->detail, sizeof r->detail, "%s", progress->detail);
    return r->answer;
}

static l2osr_context *context_reporting_to(reports *r) {
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    o.progress = receive;
    o.progress_user = r;
    ck_ok(l2osr_context_create(&ctx, &o), NULL);
    return ctx;
}

START_TEST(first_and_last_unit_are_reported) {
    reports r = {0};
    l2osr_context *ctx = context_reporting_to(&r);
    l2osr__stage stage;
    l2osr__stage_begin(&stage, ctx, "test", 1000);
    for (uint64_t i = 1; i <= 1000; i++)
        ck_ok(l2osr__stage_tick(&stage, i, 0.5, i == 1000 ? "end" : NULL), ctx);
    ck_assert_int_ge(r.count, 2);
    ck_assert_int_lt(r.count, 900);
    ck_assert_uint_eq(r.last.struct_size, sizeof r.last);
    ck_assert_uint_eq(r.last.done, 1000);
    ck_assert_uint_eq(r.last.total, 1000);
    ck_assert(r.last.best == 0.5 && r.last.seconds >= 0 && r.last.rate > 0 && r.last.eta == 0);
    ck_assert_str_eq(r.stage, "test");
    ck_assert_str_eq(r.detail, "end");
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(an_unknown_total_has_no_eta) {
    reports r = {0};
    l2osr_context *ctx = context_reporting_to(&r);
    l2osr__stage stage;
    l2osr__stage_begin(&stage, ctx, "test", 0);
    ck_ok(l2osr__stage_tick(&stage, 5, (double)NAN, NULL), ctx);
    ck_assert_int_eq(r.count, 1);
    ck_assert(r.last.eta < 0 && isnan(r.last.best));
    ck_assert_str_eq(r.detail, "");
    l2osr_context_free(ctx);
}
END_TEST

/* Units done in an earlier run cost no time in this one. */
START_TEST(work_that_goes_on_has_the_rate_of_now) {
    l2osr_context *ctx = test_context();
    l2osr__stage stage;
    l2osr__stage_begin(&stage, ctx, "test", 200);
    stage.first = 100;
    stage.start -= 10;
    const l2osr_progress p = l2osr__stage_progress(&stage, 150, 0, NULL);
    ck_assert_double_le(p.rate, 5);
    ck_assert_double_gt(p.rate, 0.5);
    ck_assert_double_eq_tol(p.eta, 50 / p.rate, 1e-9);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(the_callback_can_cancel) {
    reports r = {.answer = 1};
    l2osr_context *ctx = context_reporting_to(&r);
    l2osr__stage stage;
    l2osr__stage_begin(&stage, ctx, "search", 10);
    ck_assert_int_eq(l2osr__stage_tick(&stage, 1, 0, NULL), L2OSR_ECANCELED);
    ck_assert_str_eq(l2osr_context_errmsg(ctx), "search: canceled at 1");
    r.answer = 0;
    ck_assert_int_eq(l2osr__stage_tick(&stage, 2, 0, NULL), L2OSR_ECANCELED);
    ck_assert_int_ne(l2osr_context_canceled(ctx), 0);
    l2osr_context_uncancel(ctx);
    ck_assert_int_eq(l2osr_context_canceled(ctx), 0);
    ck_ok(l2osr__stage_tick(&stage, 3, 0, NULL), ctx);
    l2osr_context_free(ctx);
}
END_TEST

static void *cancel(void *ctx) {
    l2osr_context_cancel(ctx);
    return NULL;
}

START_TEST(any_thread_can_cancel) {
    l2osr_context *ctx = test_context();
    l2osr__stage stage;
    pthread_t thread;
    l2osr__stage_begin(&stage, ctx, "test", 0);
    ck_assert(!l2osr__canceled(ctx));
    ck_assert_int_eq(pthread_create(&thread, NULL, cancel, ctx), 0);
    for (uint64_t i = 0; l2osr__stage_tick(&stage, i, 0, NULL) == L2OSR_OK;)
        i++;
    pthread_join(thread, NULL);
    ck_assert(l2osr__canceled(ctx));
    l2osr_context_free(ctx);
}
END_TEST

TCase *progress_tests(void) {
    TCase *tcase = tcase_create("progress");
    tcase_add_test(tcase, first_and_last_unit_are_reported);
    tcase_add_test(tcase, an_unknown_total_has_no_eta);
    tcase_add_test(tcase, work_that_goes_on_has_the_rate_of_now);
    tcase_add_test(tcase, the_callback_can_cancel);
    tcase_add_test(tcase, any_thread_can_cancel);
    return tcase;
}
