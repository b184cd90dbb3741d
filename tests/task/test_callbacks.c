/* SPDX-License-Identifier: MIT */
/* Tasks made from a user's callbacks: what they see, and what happens when they fail. */
#include "tests.h"

#include <math.h>
#include <string.h>

enum { DIM = 5 };

/* The user's side: f(x) = sum x^2 / 2, and switches for misbehaviour. */
typedef struct bowl {
    int result, freed, calls;
    double loss;      /* added to the loss */
    size_t bad_entry; /* of the gradient; DIM for none */
    double bad_value;
} bowl;

static int init(void *user, uint64_t seed, double *x) {
    bowl *b = user;
    for (size_t i = 0; i < DIM; i++)
        x[i] = i == b->bad_entry ? b->bad_value : (double)(seed + i);
    return b->result;
}

static int loss_grad(void *user, const l2osr_draw *draw, const double *x, double *loss,
                     double *grad) {
    bowl *b = user;
    (void)draw;
    b->calls++;
    *loss = b->loss;
    for (size_t i = 0; i < DIM; i++) {
        *loss += 0.5 * x[i] * x[i];
        if (grad)
            grad[i] = i == b->bad_entry ? b->bad_value : x[i];
    }
    return b->result;
}

static int loss_grad_f32(void *user, const l2osr_draw *draw, const float *x, double *loss,
                         float *grad) {
    bowl *b = user;
    (void)draw;
    b->calls++;
    *loss = b->loss;
    for (size_t i = 0; i < DIM; i++) {
        *loss += 0.5 * (double)x[i] * (double)x[i];
        if (grad)
            grad[i] = i == b->bad_entry ? (float)b->bad_value : x[i];
    }
    return b->result;
}

static int hvp(void *user, const l2osr_draw *draw, const double *x, const double *v, double *hv) {
    bowl *b = user;
    (void)draw;
    (void)x;
    for (size_t i = 0; i < DIM; i++)
        hv[i] = i == b->bad_entry ? b->bad_value : v[i];
    return b->result;
}

static int metric(void *user, const double *x, double *value) {
    bowl *b = user;
    *value = x[0];
    return b->result;
}

static void release(void *user) {
    ((bowl *)user)->freed++;
}

static const l2osr_group groups[] = {{"w1", 2, {2, 2}}, {"b1", 1, {1}}};

static l2osr_task_callbacks table(void) {
    return (l2osr_task_callbacks){.struct_size = sizeof(l2osr_task_callbacks),
                                  .name = "bowl",
                                  .groups = groups,
                                  .n_groups = 2,
                                  .init = init,
                                  .loss_grad = loss_grad,
                                  .hvp = hvp,
                                  .metric = metric,
                                  .metric_name = "first",
                                  .free = release};
}

static const double point[DIM] = {1, 2, 3, 4, 5};
static const float point_f32[DIM] = {1, 2, 3, 4, 5};
static const l2osr_draw draw = {1, 12};

static void expect_message(l2osr_context *ctx, const char *part) {
    ck_assert_msg(strstr(l2osr_context_errmsg(ctx), part) != NULL, "no '%s' in: %s", part,
                  l2osr_context_errmsg(ctx));
}

START_TEST(task_keeps_copies) {
    l2osr_context *ctx = test_context();
    bowl b = {.bad_entry = DIM};
    char name[] = "bowl", group_name[] = "w", metric_name[] = "m";
    l2osr_group group = {group_name, 1, {DIM}};
    l2osr_task_callbacks c = table();
    l2osr_task *task;
    c.name = name;
    c.groups = &group;
    c.n_groups = 1;
    c.metric_name = metric_name;
    ck_ok(l2osr_task_create(&task, ctx, &c, &b), ctx);
    memset(name, 'x', 4);
    memset(group_name, 'x', 1);
    memset(metric_name, 'x', 1);
    memset(&group, 0, sizeof group);
    ck_assert_str_eq(l2osr_task_name(task), "bowl");
    ck_assert_str_eq(l2osr_task_group(task, 0)->name, "w");
    ck_assert_str_eq(l2osr_task_metric_name(task), "m");
    ck_assert_uint_eq(l2osr_task_dim(task), DIM);
    ck_assert_uint_eq(l2osr_task_group_count(task), 1);
    ck_assert_ptr_null(l2osr_task_group(task, 1));
    ck_assert_int_eq(b.freed, 0);
    l2osr_task_free(task);
    ck_assert_int_eq(b.freed, 1);
    l2osr_task_free(NULL);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(runs_callbacks) {
    l2osr_context *ctx = test_context();
    bowl b = {.bad_entry = DIM};
    l2osr_task_callbacks c = table();
    l2osr_task *task;
    double x[DIM], grad[DIM], loss;
    float x_f32[DIM];
    ck_ok(l2osr_task_create(&task, ctx, &c, &b), ctx);
    ck_ok(l2osr_task_init(task, 3, x), ctx);
    ck_ok(l2osr_task_init_f32(task, 3, x_f32), ctx);
    ck_assert_double_eq(x[4], 7);
    ck_assert_float_eq(x_f32[4], 7);
    ck_ok(l2osr_task_loss_grad(task, &draw, point, &loss, grad), ctx);
    ck_assert_double_eq(loss, 27.5);
    ck_assert_mem_eq(grad, point, sizeof grad);
    ck_ok(l2osr_task_hvp(task, &draw, x, point, grad), ctx);
    ck_assert_mem_eq(grad, point, sizeof grad);
    ck_ok(l2osr_task_metric(task, point, &loss), ctx);
    ck_assert_double_eq(loss, 1);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

/* One callback serves both precisions, whichever it is. */
START_TEST(converts_between_precisions) {
    l2osr_context *ctx = test_context();
    for (int narrow = 0; narrow < 2; narrow++) {
        bowl b = {.bad_entry = DIM};
        l2osr_task_callbacks c = table();
        l2osr_task *task;
        double loss, grad[DIM];
        float grad_f32[DIM];
        c.loss_grad = narrow ? NULL : loss_grad;
        c.loss_grad_f32 = narrow ? loss_grad_f32 : NULL;
        ck_ok(l2osr_task_create(&task, ctx, &c, &b), ctx);
        ck_ok(l2osr_task_loss_grad(task, &draw, point, &loss, grad), ctx);
        ck_assert_mem_eq(grad, point, sizeof grad);
        ck_ok(l2osr_task_loss_grad_f32(task, &draw, point_f32, &loss, grad_f32), ctx);
        ck_assert_mem_eq(grad_f32, point_f32, sizeof grad_f32);
        ck_ok(l2osr_task_loss_grad(task, &draw, point, &loss, NULL), ctx);
        ck_ok(l2osr_task_loss_grad_f32(task, &draw, point_f32, &loss, NULL), ctx);
        ck_assert_double_eq(loss, 27.5);
        ck_assert_int_eq(b.calls, 4);
        l2osr_task_free(task);
    }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(keeps_the_value_of_a_failed_callback) {
    l2osr_context *ctx = test_context();
    bowl b = {.bad_entry = DIM, .result = 42};
    l2osr_task_callbacks c = table();
    l2osr_task *task;
    double x[DIM], loss;
    float x_f32[DIM];
    ck_ok(l2osr_task_create(&task, ctx, &c, &b), ctx);
    ck_assert_int_eq(l2osr_task_loss_grad(task, &draw, point, &loss, x), L2OSR_ECALLBACK);
    ck_assert_int_eq(l2osr_context_callback_value(ctx), 42);
    expect_message(ctx, "'bowl'");
    expect_message(ctx, "loss_grad returned 42");
    b.result = -2; /* no confusion with the library's own codes */
    ck_assert_int_eq(l2osr_task_loss_grad_f32(task, &draw, point_f32, &loss, x_f32),
                     L2OSR_ECALLBACK);
    ck_assert_int_eq(l2osr_context_callback_value(ctx), -2);
    ck_assert_int_eq(l2osr_task_init(task, 1, x), L2OSR_ECALLBACK);
    ck_assert_int_eq(l2osr_task_init_f32(task, 1, x_f32), L2OSR_ECALLBACK);
    ck_assert_int_eq(l2osr_task_hvp(task, &draw, x, point, x), L2OSR_ECALLBACK);
    ck_assert_int_eq(l2osr_task_metric(task, x, &loss), L2OSR_ECALLBACK);
    expect_message(ctx, "metric");
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(names_what_is_not_finite) {
    l2osr_context *ctx = test_context();
    bowl b = {.bad_entry = 4, .bad_value = (double)NAN};
    l2osr_task_callbacks c = table();
    l2osr_task *task;
    double x[DIM], loss = -1;
    float x_f32[DIM];
    ck_ok(l2osr_task_create(&task, ctx, &c, &b), ctx);
    ck_assert_int_eq(l2osr_task_loss_grad(task, &draw, point, &loss, x), L2OSR_ENONFINITE);
    ck_assert_double_eq(loss, 27.5);
    expect_message(ctx, "task 'bowl', step 12: entry 0 of group 'b1' of the gradient is NaN");
    b.bad_entry = 3;
    b.bad_value = 1e300; /* too large for f32 */
    ck_ok(l2osr_task_loss_grad(task, &draw, point, &loss, x), ctx);
    ck_assert_int_eq(l2osr_task_loss_grad_f32(task, &draw, point_f32, &loss, x_f32),
                     L2OSR_ENONFINITE);
    expect_message(ctx, "entry 3 of group 'w1' of the gradient is infinite");
    ck_assert_int_eq(l2osr_task_init_f32(task, 1, x_f32), L2OSR_ENONFINITE);
    expect_message(ctx, "entry 3 of group 'w1' of the starting point");
    b.bad_value = (double)INFINITY;
    ck_assert_int_eq(l2osr_task_init(task, 1, x), L2OSR_ENONFINITE);
    ck_assert_int_eq(l2osr_task_hvp(task, &draw, point, point, x), L2OSR_ENONFINITE);
    b.bad_entry = DIM;
    b.loss = (double)NAN;
    ck_assert_int_eq(l2osr_task_loss_grad(task, &draw, point, &loss, x), L2OSR_ENONFINITE);
    ck_assert_double_nan(loss);
    expect_message(ctx, "step 12: the loss is NaN");
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

/* Creation fails, names `part`, and frees the user's data. */
static void expect_refusal(l2osr_context *ctx, const l2osr_task_callbacks *c, l2osr_status wanted,
                           const char *part) {
    bowl b = {0};
    l2osr_task *task;
    ck_assert_int_eq(l2osr_task_create(&task, ctx, c, &b), wanted);
    ck_assert_ptr_null(task);
    ck_assert_int_eq(b.freed, 1);
    expect_message(ctx, part);
}

START_TEST(refuses_incomplete_tables) {
    l2osr_context *ctx = test_context();
    l2osr_task *task;
    l2osr_task_callbacks c = table();
#define REFUSE(member, value, status, part)                                                        \
    c = table();                                                                                   \
    c.member = value;                                                                              \
    expect_refusal(ctx, &c, status, part)
    REFUSE(name, NULL, L2OSR_EINVAL, "name");
    REFUSE(groups, NULL, L2OSR_EINVAL, "groups");
    REFUSE(n_groups, 0, L2OSR_EINVAL, "groups");
    REFUSE(flags, 2, L2OSR_EINVAL, "flags");
    REFUSE(init, NULL, L2OSR_EINVAL, "init");
    REFUSE(loss_grad, NULL, L2OSR_EINVAL, "loss_grad");
    REFUSE(metric_name, NULL, L2OSR_EINVAL, "metric_name");
    static const l2osr_group empty = {"e", 2, {3, 0}}, nameless = {NULL, 1, {3}},
                             flat = {"r", 5, {1, 1, 1, 1}},
                             huge = {"h", 2, {(size_t)1 << 40, (size_t)1 << 40}};
    REFUSE(groups, &empty; c.n_groups = 1, L2OSR_EINVAL, "'e' has no parameters");
    REFUSE(groups, &nameless; c.n_groups = 1, L2OSR_EINVAL, "no name");
    REFUSE(groups, &flat; c.n_groups = 1, L2OSR_EINVAL, "extents");
    REFUSE(groups, &huge; c.n_groups = 1, L2OSR_ERANGE, "'h' has too many parameters");
#undef REFUSE
    ck_assert_int_eq(l2osr_task_create(&task, ctx, NULL, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_task_create(NULL, ctx, &c, NULL), L2OSR_EINVAL);
    l2osr_context_free(ctx);
}
END_TEST

/* Tables of callers compiled against another version of the library. */
START_TEST(accepts_older_tables_and_refuses_newer) {
    l2osr_context *ctx = test_context();
    struct {
        l2osr_task_callbacks known;
        void *later;
    } newer = {table(), NULL};
    bowl b = {.bad_entry = DIM};
    l2osr_task *task;
    newer.known.struct_size = sizeof newer;
    ck_ok(l2osr_task_create(&task, ctx, &newer.known, &b), ctx);
    l2osr_task_free(task);
    newer.later = &b;
    expect_refusal(ctx, &newer.known, L2OSR_E2BIG, "l2osr_task_callbacks");
    l2osr_task_callbacks older = table();
    older.struct_size = offsetof(l2osr_task_callbacks, hvp);
    ck_ok(l2osr_task_create(&task, ctx, &older, &b), ctx);
    ck_assert_ptr_null(l2osr_task_metric_name(task));
    l2osr_task_free(task);
    older.struct_size = 0;
    ck_assert_int_eq(l2osr_task_create(&task, ctx, &older, &b), L2OSR_EINVAL);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(reports_what_a_task_lacks) {
    l2osr_context *ctx = test_context();
    bowl b = {.bad_entry = DIM};
    l2osr_task_callbacks c = table();
    l2osr_task *task;
    double x[DIM] = {0};
    c.hvp = NULL;
    c.metric = NULL;
    ck_ok(l2osr_task_create(&task, ctx, &c, &b), ctx);
    ck_assert_int_eq(l2osr_task_hvp(task, &draw, x, x, x), L2OSR_EUNSUPPORTED);
    ck_assert_int_eq(l2osr_task_metric(task, x, x), L2OSR_EUNSUPPORTED);
    ck_assert_ptr_null(l2osr_task_metric_name(task));
    ck_assert_int_eq(l2osr_task_loss_grad(task, NULL, x, x, x), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_task_loss_grad_f32(task, &draw, NULL, x, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_task_init(task, 0, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_task_init(NULL, 0, x), L2OSR_EINVAL);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

TCase *callback_tests(void) {
    TCase *tcase = tcase_create("callbacks");
    tcase_add_test(tcase, task_keeps_copies);
    tcase_add_test(tcase, runs_callbacks);
    tcase_add_test(tcase, converts_between_precisions);
    tcase_add_test(tcase, keeps_the_value_of_a_failed_callback);
    tcase_add_test(tcase, names_what_is_not_finite);
    tcase_add_test(tcase, refuses_incomplete_tables);
    tcase_add_test(tcase, accepts_older_tables_and_refuses_newer);
    tcase_add_test(tcase, reports_what_a_task_lacks);
    return tcase;
}
