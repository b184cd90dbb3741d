/* SPDX-License-Identifier: MIT */
/* The built-in rules against plain loops, and against recorded trajectories of torch.optim. */
#include "tests.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

enum { N = 101, STEPS = 60, MEMORIES = 3 };

/* One model of N parameters and whatever its optimizer remembers. */
typedef struct model {
    double x[N], memory[MEMORIES][N], product;
} model;

typedef struct classic {
    const char *name;
    double lr;
    void (*step)(model *m, const double *g, double lr, int t);
    double reach; /* how far a tiny error in f32 may carry a parameter: signs turn all or nothing */
} classic;

static void sgd(model *m, const double *g, double lr, int t) {
    (void)t;
    for (int i = 0; i < N; i++)
        m->x[i] -= lr * g[i];
}

static void momentum(model *m, const double *g, double lr, int t) {
    (void)t;
    for (int i = 0; i < N; i++) {
        m->memory[0][i] = 0.9 * m->memory[0][i] + g[i];
        m->x[i] -= lr * m->memory[0][i];
    }
}

static void nesterov(model *m, const double *g, double lr, int t) {
    (void)t;
    for (int i = 0; i < N; i++) {
        m->memory[0][i] = 0.9 * m->memory[0][i] + g[i];
        m->x[i] -= lr * (g[i] + 0.9 * m->memory[0][i]);
    }
}

static void adagrad(model *m, const double *g, double lr, int t) {
    (void)t;
    for (int i = 0; i < N; i++) {
        m->memory[0][i] += g[i] * g[i];
        m->x[i] -= lr * g[i] / (sqrt(m->memory[0][i]) + 1e-10);
    }
}

static void rmsprop(model *m, const double *g, double lr, int t) {
    (void)t;
    for (int i = 0; i < N; i++) {
        m->memory[0][i] = 0.99 * m->memory[0][i] + 0.01 * g[i] * g[i];
        m->x[i] -= lr * g[i] / (sqrt(m->memory[0][i]) + 1e-8);
    }
}

static void adadelta(model *m, const double *g, double lr, int t) {
    (void)t;
    for (int i = 0; i < N; i++) {
        double *square = &m->memory[0][i], *accumulated = &m->memory[1][i];
        *square = 0.9 * *square + 0.1 * g[i] * g[i];
        const double delta = sqrt(*accumulated + 1e-6) / sqrt(*square + 1e-6) * g[i];
        *accumulated = 0.9 * *accumulated + 0.1 * delta * delta;
        m->x[i] -= lr * delta;
    }
}

/* The two moments after this step, corrected for their start from 0. */
static void moments(model *m, int i, double g, int t, double *mean, double *square) {
    m->memory[0][i] = 0.9 * m->memory[0][i] + 0.1 * g;
    m->memory[1][i] = 0.999 * m->memory[1][i] + 0.001 * g * g;
    *mean = m->memory[0][i] / (1 - pow(0.9, t));
    *square = m->memory[1][i] / (1 - pow(0.999, t));
}

static void adam(model *m, const double *g, double lr, int t) {
    for (int i = 0; i < N; i++) {
        double mean, square;
        moments(m, i, g[i], t, &mean, &square);
        m->x[i] -= lr * mean / (sqrt(square) + 1e-8);
    }
}

static void adamw(model *m, const double *g, double lr, int t) {
    for (int i = 0; i < N; i++)
        m->x[i] *= 1 - lr * 0.01;
    adam(m, g, lr, t);
}

static void amsgrad(model *m, const double *g, double lr, int t) {
    for (int i = 0; i < N; i++) {
        double mean, square;
        moments(m, i, g[i], t, &mean, &square);
        m->memory[2][i] = fmax(m->memory[2][i], m->memory[1][i]);
        m->x[i] -= lr * mean / (sqrt(m->memory[2][i]) / sqrt(1 - pow(0.999, t)) + 1e-8);
    }
}

static void nadam(model *m, const double *g, double lr, int t) {
    const double mu = 0.9 * (1 - 0.5 * pow(0.96, t * 0.004));
    const double next = 0.9 * (1 - 0.5 * pow(0.96, (t + 1) * 0.004));
    m->product = (t == 1 ? 1 : m->product) * mu;
    for (int i = 0; i < N; i++) {
        double mean, square;
        moments(m, i, g[i], t, &mean, &square);
        const double root = sqrt(square) + 1e-8;
        m->x[i] -= lr * (1 - mu) / (1 - m->product) * g[i] / root;
        m->x[i] -= lr * next / (1 - m->product * next) * m->memory[0][i] / root;
    }
}

static double sign_of(double x) {
    return (x > 0) - (x < 0);
}

static void lion(model *m, const double *g, double lr, int t) {
    (void)t;
    for (int i = 0; i < N; i++) {
        m->x[i] -= lr * sign_of(0.9 * m->memory[0][i] + 0.1 * g[i]);
        m->memory[0][i] = 0.99 * m->memory[0][i] + 0.01 * g[i];
    }
}

static void signsgd(model *m, const double *g, double lr, int t) {
    (void)t;
    for (int i = 0; i < N; i++)
        m->x[i] -= lr * sign_of(g[i]);
}

static double norm_of(const double *v) {
    double sum = 0;
    for (int i = 0; i < N; i++)
        sum += v[i] * v[i];
    return sqrt(sum);
}

static double rms_of(const double *v) {
    return norm_of(v) / sqrt(N);
}

static void adafactor(model *m, const double *g, double lr, int t) {
    const double beta = 1 - pow(t, -0.8), size = fmax(1e-3, rms_of(m->x)) * fmin(0.01, 1 / sqrt(t));
    double u[N];
    for (int i = 0; i < N; i++) {
        m->memory[0][i] = beta * m->memory[0][i] + (1 - beta) * (g[i] * g[i] + 1e-30);
        u[i] = g[i] / sqrt(m->memory[0][i]);
    }
    const double clip = fmax(1, rms_of(u));
    for (int i = 0; i < N; i++)
        m->x[i] -= lr * size * u[i] / clip;
}

static void lars(model *m, const double *g, double lr, int t) {
    const double n = norm_of(m->x), trust = 0.001 * n / (norm_of(g) + 1e-4 * n);
    (void)t;
    for (int i = 0; i < N; i++) {
        m->memory[0][i] = 0.9 * m->memory[0][i] + lr * trust * (g[i] + 1e-4 * m->x[i]);
        m->x[i] -= m->memory[0][i];
    }
}

static void lamb(model *m, const double *g, double lr, int t) {
    double r[N];
    for (int i = 0; i < N; i++) {
        double mean, square;
        moments(m, i, g[i], t, &mean, &square);
        r[i] = mean / (sqrt(square) + 1e-6) + 0.01 * m->x[i];
    }
    const double trust = norm_of(m->x) > 0 && norm_of(r) > 0 ? norm_of(m->x) / norm_of(r) : 1;
    for (int i = 0; i < N; i++)
        m->x[i] -= lr * trust * r[i];
}

/* m and g over the root of the second moment, all with decay 0.95 */
static void normalised(model *m, int i, double g, int t, double *mt, double *gt) {
    m->memory[0][i] = 0.95 * m->memory[0][i] + 0.05 * g;
    m->memory[1][i] = 0.95 * m->memory[1][i] + 0.05 * g * g;
    const double correction = 1 - pow(0.95, t);
    const double root = sqrt(m->memory[1][i] / correction) + 1e-12;
    *mt = m->memory[0][i] / correction / root;
    *gt = g / root;
}

static void mtilde(model *m, const double *g, double lr, int t) {
    for (int i = 0; i < N; i++) {
        double mt, gt;
        normalised(m, i, g[i], t, &mt, &gt);
        m->x[i] -= lr * mt;
    }
}

static void gtilde(model *m, const double *g, double lr, int t) {
    for (int i = 0; i < N; i++) {
        double mt, gt;
        normalised(m, i, g[i], t, &mt, &gt);
        m->x[i] -= lr * gt;
    }
}

/* The past two values of each feature are kept apart. */
static void eq6(model *m, const double *g, double lr, int t) {
    static double past[2][2][N];
    if (t == 1)
        memset(past, 0, sizeof past);
    for (int i = 0; i < N; i++) {
        double mt, gt;
        normalised(m, i, g[i], t, &mt, &gt);
        const double p = tanh(mt), q = tanh(gt);
        m->x[i] -= lr * (0.5 * p + 0.2 * past[0][0][i] + 0.1 * past[0][1][i] + 0.1 * q +
                         0.05 * past[1][0][i] + 0.05 * past[1][1][i]);
        past[0][1][i] = past[0][0][i];
        past[0][0][i] = p;
        past[1][1][i] = past[1][0][i];
        past[1][0][i] = q;
    }
}

static const classic classics[] = {
    {"sgd", 0.1, sgd, 0},
    {"momentum", 0.1, momentum, 0},
    {"nesterov", 0.1, nesterov, 0},
    {"adagrad", 0.01, adagrad, 0},
    {"rmsprop", 0.001, rmsprop, 0},
    {"adadelta", 1, adadelta, 0},
    {"adam", 0.001, adam, 0},
    {"adamw", 0.001, adamw, 0},
    {"amsgrad", 0.001, amsgrad, 0},
    {"nadam", 0.002, nadam, 0},
    {"lion", 0.0001, lion, 2 * 0.0001},
    {"signsgd", 0.001, signsgd, 0},
    {"adafactor", 1, adafactor, 0},
    {"lars", 0.1, lars, 0},
    {"lamb", 0.001, lamb, 0},
    {"mtilde", 0.01, mtilde, 0},
    {"gtilde", 0.01, gtilde, 0},
    {"eq6", 0.01, eq6, 0},
};
enum { CLASSICS = sizeof classics / sizeof classics[0] };

static l2osr_stepper *make_classic(l2osr_context *ctx, const classic *c, size_t n,
                                   l2osr_dtype precision) {
    l2osr_rule *rule;
    ck_ok(l2osr_rule_preset(&rule, ctx, c->name), ctx);
    l2osr_stepper *stepper = make_stepper(ctx, rule, n, precision);
    l2osr_rule_free(rule); /* the stepper keeps it */
    return stepper;
}

START_TEST(plain_loops) {
    const classic *c = &classics[_i];
    static model wanted;
    double x[N], g[N];
    float x32[N], g32[N];
    l2osr_context *ctx = test_context();
    l2osr_stepper *stepper = make_classic(ctx, c, N, L2OSR_F64);
    l2osr_stepper *single = make_classic(ctx, c, N, L2OSR_F32);
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    args.lr = c->lr;
    wanted = (model){.product = 1};
    l2osr_random_normal(5, 0, 0, 0.5, wanted.x, N);
    for (size_t i = 0; i < N; i++)
        x32[i] = (float)(x[i] = wanted.x[i]);
    for (int t = 1; t <= STEPS; t++) {
        fill_gradient(g, N, (uint64_t)t);
        c->step(&wanted, g, c->lr, t);
        for (size_t i = 0; i < N; i++)
            g32[i] = (float)g[i];
        ck_ok(l2osr_stepper_step_f64(stepper, x, g, &args), ctx);
        ck_ok(l2osr_stepper_step_f32(single, x32, g32, &args), ctx);
        for (size_t i = 0; i < N; i++) {
            const double size = 1 + fabs(wanted.x[i]), f32 = fabs((double)x32[i] - wanted.x[i]);
            ck_assert_msg(fabs(x[i] - wanted.x[i]) <= 1e-13 * size, "%s, step %d: %.17g, not %.17g",
                          c->name, t, x[i], wanted.x[i]);
            ck_assert_msg(f32 <= 1e-5 * size + c->reach, "%s in f32, step %d: %.9g, not %.9g",
                          c->name, t, (double)x32[i], wanted.x[i]);
        }
    }
    l2osr_stepper_free(single);
    l2osr_stepper_free(stepper);
    l2osr_context_free(ctx);
}
END_TEST

/* Runs a rule from 0 over the recorded gradients. */
static void check_recorded(l2osr_context *ctx, l2osr_stepper *stepper, const char *name,
                           const l2osr_step_args *args) {
    enum { ROWS = 25, COLUMNS = 7 };
    char path[64];
    double x[COLUMNS] = {0}, gradients[ROWS * COLUMNS], wanted[ROWS * COLUMNS];
    snprintf(path, sizeof path, "classical_golden_f64/%s", name);
    test_golden(ctx, "grads_f64", gradients, ROWS * COLUMNS);
    test_golden(ctx, path, wanted, ROWS * COLUMNS);
    for (size_t t = 0; t < ROWS; t++) {
        const double *row = wanted + t * COLUMNS;
        ck_ok(l2osr_stepper_step_f64(stepper, x, gradients + t * COLUMNS, args), ctx);
        for (size_t i = 0; i < COLUMNS; i++)
            ck_assert_msg(fabs(x[i] - row[i]) <= 1e-10,
                          "%s: step %zu, coordinate %zu: %.17g, not %.17g", name, t + 1, i, x[i],
                          row[i]);
    }
}

START_TEST(recorded_trajectories) {
    static const char *const recorded[] = {"adam", "rmsprop", "sgd", "momentum", "nesterov"};
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    if (!test_shared())
        return;
    l2osr_context *ctx = test_context();
    const classic *c = classics;
    while (strcmp(c->name, recorded[_i]) != 0)
        c++;
    l2osr_stepper *stepper = make_classic(ctx, c, 7, L2OSR_F64);
    args.lr = c->lr;
    check_recorded(ctx, stepper, c->name, &args);
    l2osr_stepper_free(stepper);
    l2osr_context_free(ctx);
}
END_TEST

/* torch adds weight decay to the gradient. */
START_TEST(recorded_weight_decay) {
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    if (!test_shared())
        return;
    l2osr_context *ctx = test_context();
    l2osr_rule *rule = read_rule(ctx, "l2osr-rule 1\nupdate = -lr * dsum(g + wd * x, 0.9)\n");
    l2osr_stepper *stepper = make_stepper(ctx, rule, 7, L2OSR_F64);
    args.lr = 0.1;
    args.weight_decay = 5e-4;
    check_recorded(ctx, stepper, "sgd_wd", &args);
    l2osr_stepper_free(stepper);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(all_are_listed) {
    for (size_t i = 0; i < CLASSICS; i++)
        ck_assert_str_eq(l2osr_rule_preset_name(i), classics[i].name);
    ck_assert_ptr_null(l2osr_rule_preset_name(CLASSICS));
    l2osr_context *ctx = test_context();
    l2osr_rule *rule;
    ck_assert_int_eq(l2osr_rule_preset(&rule, ctx, "adamw2"), L2OSR_ENOTFOUND);
    ck_assert_ptr_null(rule);
    ck_assert_str_eq(l2osr_context_errmsg(ctx),
                     "no rule 'adamw2'; there are sgd, momentum, nesterov, adagrad, rmsprop, adadelta, "
                     "adam, adamw, amsgrad, nadam, lion, signsgd, adafactor, lars, lamb, mtilde, "
                     "gtilde, eq6");
    ck_assert_int_eq(l2osr_rule_preset(&rule, ctx, NULL), L2OSR_ENOTFOUND);
    l2osr_context_free(ctx);
}
END_TEST

TCase *classic_tests(void) {
    TCase *tests = tcase_create("classics");
    tcase_add_loop_test(tests, plain_loops, 0, CLASSICS);
    tcase_add_loop_test(tests, recorded_trajectories, 0, 5);
    tcase_add_test(tests, recorded_weight_decay);
    tcase_add_test(tests, all_are_listed);
    return tests;
}
