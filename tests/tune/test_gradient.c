/* SPDX-License-Identifier: MIT */
/* The meta-gradient of a real window against differences of its definition: gradients fed are
 * constants, parameters move. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "suites.h"
#include "tuning.h"
#include "tune/gradient.h"
#include "vec/bf16.h"

enum { DIM = 300, UNROLL = 12 };

/* Shared constants, numbers that remember, constants of two groups, and decay of weights. */
static const char *const texts[] = {
    "l2osr-rule 1\ndefault lr = 0.1\nlet b = 0.9\nlet m = ema(g, b) / (1 - b^t)\n"
    "let v = ema(g^2, 0.95)\n"
    "update = -lr * (m / (sqrt(v) + 0.1) + 0.05 * x + 0.3 * tanh(g[2]))\n",
    "l2osr-rule 1\ndefault lr = 0.1\nlet s = dsum(ema(t, 0.7), 0.6) / max(t[3], 1)\n"
    "let f = dmax(abs(g), 0.8)\n"
    "update = -lr * (0.3 + 0.1 * sin(0.2 * t + (0.1 * t)[1])) * (0.5 * update[1] + g / (f + 0.1)) "
    "+ "
    "0.001 * s * greater(t, 3.5) * g\n",
    "l2osr-rule 1\ndefault lr = 0.1\nlet m = ema(g, ~{0.9, 0.7})\nlet c = ~{0.3, 0.4}\n"
    "update = -lr * (c * tanh(m / c) + ~0.2 * m[2] * (1 + lr))\n",
    "l2osr-rule 1\ndefault lr = 0.1\n"
    "update = -lr * (0.7 * g + 1.5 * x - 0.8 * x[1] + ema(0.9 * tanh(x), 0.6))\n",
};
enum { TEXTS = sizeof texts / sizeof texts[0], GROUPS = 2 };
static const size_t sizes[GROUPS] = {100, DIM - 100};

struct setting {
    l2osr_context *ctx;
    l2osr_task *task;
    l2osr_rule *rule;
    l2osr__unroll *unroll;
};

static struct setting setting_with(l2osr_context *ctx, const char *text, bool half) {
    struct setting s = {.ctx = ctx};
    l2osr_stepper *stepper;
    ck_ok(l2osr_task_quadratic(&s.task, s.ctx, DIM, 10, 0.1, 5), s.ctx);
    l2osr_rule *rule;
    ck_ok(l2osr_rule_parse(&rule, s.ctx, text, NULL), s.ctx);
    ck_ok(l2osr__rule_tunable(&s.rule, rule), s.ctx);
    l2osr_rule_free(rule);
    ck_ok(l2osr_stepper_create(&stepper, s.ctx, s.rule, GROUPS, sizes, NULL), s.ctx);
    const l2osr__unroll_config config = {.task = s.task,
                                         .planes = l2osr_rule_state(s.rule),
                                         .window = UNROLL,
                                         .keep_x = true,
                                         .half = half};
    ck_ok(l2osr__unroll_create(&s.unroll, s.ctx, stepper, &config), s.ctx);
    ck_ok(l2osr__unroll_restart(s.unroll, 3), s.ctx);
    ck_ok(l2osr__unroll_window(s.unroll, 5), s.ctx);
    ck_ok(l2osr__unroll_window(s.unroll, UNROLL), s.ctx);
    for (size_t r = 0; r <= UNROLL; r++)
        s.unroll->weights[r] = 1 + 0.1 * (double)r;
    return s;
}

static struct setting setting_start(const char *text) {
    return setting_with(test_context(), text, false);
}

static void setting_end(struct setting *s) {
    l2osr__unroll_free(s->unroll);
    l2osr_rule_free(s->rule);
    l2osr_task_free(s->task);
    l2osr_context_free(s->ctx);
}

/* Sum over r of w_r <grad f_r, x_r>, in f64, from the start of the window. */
static double objective(const struct setting *s, l2osr_stepper *stepper, const void *saved) {
    const l2osr__unroll *u = s->unroll;
    double x[DIM], g[DIM], dx[DIM], sum = 0;
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    ck_ok(l2osr_stepper_state_load(stepper, saved, l2osr_stepper_state_size(stepper)), s->ctx);
    for (size_t i = 0; i < DIM; i++)
        x[i] = (double)u->start[i];
    for (size_t k = 0; k < UNROLL; k++) {
        for (size_t i = 0; i < DIM; i++)
            g[i] = (double)u->g[k * DIM + i];
        ck_ok(l2osr_stepper_begin(stepper, &args), s->ctx);
        ck_ok(l2osr_stepper_delta_f64(stepper, 0, DIM, x, g, dx), s->ctx);
        ck_ok(l2osr_stepper_end(stepper), s->ctx);
        for (size_t i = 0; i < DIM; i++) {
            x[i] += dx[i];
            sum += u->weights[k + 1] * (double)u->g[(k + 1) * DIM + i] * x[i];
        }
    }
    return sum;
}

/* A stepper in f64, run to the start of the window on the gradients that a twin of the unroll saw.
 */
static void *state_before(const struct setting *s, l2osr_stepper *stepper, const char *text) {
    struct setting twin = setting_start(text);
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    double x[DIM], g[DIM], dx[DIM];
    ck_ok(l2osr__unroll_restart(twin.unroll, 3), twin.ctx);
    ck_ok(l2osr__unroll_window(twin.unroll, 5), twin.ctx);
    for (size_t i = 0; i < DIM; i++)
        x[i] = (double)twin.unroll->start[i];
    for (size_t k = 0; k < 5; k++) {
        for (size_t i = 0; i < DIM; i++)
            g[i] = (double)twin.unroll->g[k * DIM + i];
        ck_ok(l2osr_stepper_begin(stepper, &args), s->ctx);
        ck_ok(l2osr_stepper_delta_f64(stepper, 0, DIM, x, g, dx), s->ctx);
        ck_ok(l2osr_stepper_end(stepper), s->ctx);
        for (size_t i = 0; i < DIM; i++)
            x[i] += dx[i];
    }
    void *saved = malloc(l2osr_stepper_state_size(stepper));
    ck_ok(l2osr_stepper_state_save(stepper, saved, l2osr_stepper_state_size(stepper)), s->ctx);
    setting_end(&twin);
    return saved;
}

/* By a constant: that of its group, or of all groups together. */
static double derivative(const l2osr__rule_gradient *gradient, int32_t constant) {
    const l2osr_rule *rule = gradient->rule;
    const l2osr__constant *c = &rule->constants[constant];
    double sum = 0;
    for (size_t group = 0; group < gradient->window.groups; group++)
        if (rule->form.nodes[c->node].b <= 0 || (size_t)c->index == group)
            sum += gradient->derivatives[group * (size_t)rule->program.count + (size_t)c->node];
    return sum;
}

START_TEST(matches_differences_of_the_first_order_objective) {
    struct setting s = setting_start(texts[_i]);
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    l2osr__rule_gradient gradient;
    l2osr_stepper *stepper;
    o.precision = L2OSR_F64;
    ck_ok(l2osr_stepper_create(&stepper, s.ctx, s.rule, GROUPS, sizes, &o), s.ctx);
    void *saved = state_before(&s, stepper, texts[_i]);
    ck_ok(l2osr__rule_gradient_init(&gradient, s.ctx, s.rule, GROUPS, sizes, UNROLL), s.ctx);
    ck_ok(l2osr__rule_gradient_window(&gradient, s.unroll), s.ctx);
    for (int32_t i = 0; i < s.rule->constant_count; i++) {
        const double centre = l2osr_rule_constant(s.rule, (size_t)i), h = 1e-5 * centre;
        l2osr__rule_set(s.rule, (size_t)i, centre + h);
        double above = objective(&s, stepper, saved);
        l2osr__rule_set(s.rule, (size_t)i, centre - h);
        double below = objective(&s, stepper, saved);
        l2osr__rule_set(s.rule, (size_t)i, centre);
        const double expected = (above - below) / (2 * h);
        const double found = derivative(&gradient, i);
        ck_assert_msg(fabs(found - expected) <= 2e-4 * (1 + fabs(expected)),
                      "constant %d (%g): %g, by differences %g", (int)i, centre, found, expected);
    }
    l2osr__rule_gradient_clear(&gradient);
    l2osr_stepper_free(stepper);
    free(saved);
    setting_end(&s);
}
END_TEST

START_TEST(windows_use_every_minibatch_once) {
    struct setting s = setting_start(texts[0]);
    ck_assert_uint_eq(s.unroll->draw.index, 5 + 1 + UNROLL + 1);
    ck_assert_uint_eq(s.unroll->before, 5);
    ck_assert_uint_eq(l2osr_stepper_count(s.unroll->stepper), 5 + UNROLL);
    float last[DIM];
    double loss;
    const l2osr_draw draw = {s.unroll->draw.seed, s.unroll->draw.index - 1};
    ck_ok(l2osr_task_loss_grad_f32(s.task, &draw, s.unroll->x, &loss, last), s.ctx);
    ck_assert_double_eq(loss, s.unroll->losses[UNROLL]);
    ck_assert_mem_eq(last, s.unroll->g + UNROLL * DIM, sizeof last);
    setting_end(&s);
}
END_TEST

/* The derivatives of a setting's window by all constants; returns how many there are. */
static int32_t derivatives_of(const struct setting *s, double *out) {
    l2osr__rule_gradient gradient;
    ck_ok(l2osr__rule_gradient_init(&gradient, s->ctx, s->rule, GROUPS, sizes, UNROLL), s->ctx);
    ck_ok(l2osr__rule_gradient_window(&gradient, s->unroll), s->ctx);
    for (int32_t i = 0; i < s->rule->constant_count; i++)
        out[i] = derivative(&gradient, i);
    l2osr__rule_gradient_clear(&gradient);
    return s->rule->constant_count;
}

START_TEST(halves_give_the_derivatives_of_rounded_gradients) {
    struct setting whole = setting_start(texts[_i]);
    struct setting half = setting_with(test_context(), texts[_i], true);
    struct setting alone = setting_with(test_context_with(1, NULL), texts[_i], true);
    double expected[16], found[16], again[16], error = 0, norm = 0;
    const int32_t count = derivatives_of(&whole, expected);
    ck_assert_int_le(count, 16);
    derivatives_of(&half, found);
    derivatives_of(&alone, again);
    ck_assert_mem_eq(found, again, (size_t)count * sizeof *found);
    /* the steps are those of whole gradients */
    ck_assert_mem_eq(half.unroll->x, whole.unroll->x, DIM * sizeof(float));
    for (int32_t i = 0; i < count; i++) {
        error += (found[i] - expected[i]) * (found[i] - expected[i]);
        norm += expected[i] * expected[i];
    }
    ck_assert_double_gt(error, 0);
    ck_assert_double_le(sqrt(error), 0x1p-7 * sqrt(norm));
    /* and the gradients are the whole ones, rounded */
    for (size_t r = 0; r <= UNROLL; r++)
        for (size_t i = 0; i < DIM; i++) {
            const float g = whole.unroll->g[r * DIM + i];
            float rounded;
            l2osr__bf16_to_f32(1, &rounded, half.unroll->half + r * half.unroll->row + i);
            ck_assert_float_le(fabsf(rounded - g), 0x1p-8F * fabsf(g));
        }
    setting_end(&whole);
    setting_end(&half);
    setting_end(&alone);
}
END_TEST

/* ---- memory ---- */

/* Bytes at the peak of a window of a preset on n parameters, and in *said what they are said to be. */
static size_t measure_peak(const char *preset, size_t n, bool half, size_t *said) {
    struct meter meter = {0};
    const struct l2osr_allocator hooks = meter_hooks(&meter);
    l2osr_context *ctx = test_context_with(1, &hooks);
    l2osr_task *task = plain_task(ctx, &n);
    l2osr_rule *rule;
    l2osr_stepper *stepper;
    l2osr__unroll *unroll;
    l2osr__rule_gradient gradient;
    ck_ok(l2osr_rule_preset(&rule, ctx, preset), ctx);
    const l2osr__unroll_config config = {.task = task,
                                         .planes = l2osr_rule_state(rule),
                                         .window = UNROLL,
                                         .keep_x = strcmp(preset, "adamw") == 0,
                                         .half = half};
    ck_ok(l2osr__rule_gradient_bytes(said, ctx, rule, 1, &n, &config), ctx);
    meter.peak = meter.live;
    const size_t before = meter.live;
    ck_ok(l2osr_stepper_create(&stepper, ctx, rule, 1, &n, NULL), ctx);
    ck_ok(l2osr__unroll_create(&unroll, ctx, stepper, &config), ctx);
    ck_ok(l2osr__rule_gradient_init(&gradient, ctx, rule, 1, &n, UNROLL), ctx);
    ck_ok(l2osr__unroll_restart(unroll, 1), ctx);
    ck_ok(l2osr__unroll_window(unroll, UNROLL), ctx);
    ck_ok(l2osr__rule_gradient_window(&gradient, unroll), ctx);
    l2osr__rule_gradient_clear(&gradient);
    l2osr__unroll_free(unroll);
    ck_assert_uint_eq(meter.live, before);
    l2osr_rule_free(rule);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
    return meter.peak - before;
}

START_TEST(bytes_are_what_they_are_said_to_be) {
    static const struct {
        const char *preset;
        bool half;
        double floats; /* of a parameter */
    } cases[] = {{"sgd", false, UNROLL + 2},
                 {"adam", false, UNROLL + 6},
                 {"adamw", false, UNROLL + 7},
                 {"adam", true, 0.5 * (UNROLL + 2) + 5}};
    const size_t n = 50000;
    size_t said, more;
    const size_t held = measure_peak(cases[_i].preset, n, cases[_i].half, &said);
    ck_assert_msg(fabs((double)held - (double)said) <= 0.01 * (double)held,
                  "%s: %zu bytes, said to be %zu", cases[_i].preset, held, said);
    const size_t larger = measure_peak(cases[_i].preset, 2 * n, cases[_i].half, &more);
    const double floats = (double)(larger - held) / (double)(n * sizeof(float));
    ck_assert_msg(fabs(floats - cases[_i].floats) < 0.1, "%s: %g numbers a parameter",
                  cases[_i].preset, floats);
}
END_TEST

static l2osr_status run_window(l2osr_context *ctx, l2osr_task *task, l2osr_rule *rule) {
    const size_t n = 3;
    const l2osr__unroll_config config = {
        .task = task, .planes = l2osr_rule_state(rule), .window = 4, .keep_x = true, .half = true};
    l2osr__rule_gradient gradient = {0};
    l2osr__unroll *unroll = NULL;
    l2osr_stepper *stepper;
    size_t bytes;
    l2osr_status status = l2osr__rule_gradient_bytes(&bytes, ctx, rule, 1, &n, &config);
    if (status == L2OSR_OK)
        status = l2osr_stepper_create(&stepper, ctx, rule, 1, &n, NULL);
    if (status == L2OSR_OK)
        status = l2osr__unroll_create(&unroll, ctx, stepper, &config);
    if (status == L2OSR_OK)
        status = l2osr__rule_gradient_init(&gradient, ctx, rule, 1, &n, 4);
    if (status == L2OSR_OK)
        status = l2osr__unroll_restart(unroll, 1);
    if (status == L2OSR_OK)
        status = l2osr__unroll_window(unroll, 4);
    if (status == L2OSR_OK)
        status = l2osr__rule_gradient_window(&gradient, unroll);
    l2osr__rule_gradient_clear(&gradient);
    l2osr__unroll_free(unroll);
    return status;
}

static l2osr_status halves_of_adamw(l2osr_context *ctx) {
    l2osr_task *task = NULL;
    l2osr_rule *rule = NULL;
    l2osr_status status = l2osr_task_quadratic(&task, ctx, 3, 10, 0.1, 2);
    if (status == L2OSR_OK)
        status = l2osr_rule_preset(&rule, ctx, "adamw");
    if (status == L2OSR_OK)
        status = run_window(ctx, task, rule);
    l2osr_rule_free(rule);
    l2osr_task_free(task);
    return status;
}

START_TEST(failing_allocations_leave_nothing_behind) {
    sweep_failures(halves_of_adamw);
}
END_TEST

Suite *gradient_suite(void) {
    Suite *suite = suite_create("meta-gradient of rules");
    TCase *tests = tcase_create("meta-gradient of rules");
    tcase_add_loop_test(tests, matches_differences_of_the_first_order_objective, 0, TEXTS);
    tcase_add_loop_test(tests, halves_give_the_derivatives_of_rounded_gradients, 0, TEXTS);
    tcase_add_test(tests, windows_use_every_minibatch_once);
    tcase_add_loop_test(tests, bytes_are_what_they_are_said_to_be, 0, 4);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
