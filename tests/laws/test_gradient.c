/* SPDX-License-Identifier: MIT */
/* Derivatives over time against differences of what a stepper computes, by every constant that may
 * be tuned and by the step size. */
#include "laws.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "expr/adjoint.h"
#include "expr/tape.h"
#include "rule/engine.h"

enum { DIM = 5, WINDOW = LAW_STEPS, MAX_CELLS = 64, MOST_CONSTANTS = 3 };

/* A window of steps from the start, over one group. */
typedef struct bench {
    l2osr_context *ctx;
    l2osr__rng rng;
    l2osr_rule *rule;
    l2osr_stepper *stepper;
    walk *walk;
    scene scene; /* the same, to be walked over */
    double g[WINDOW][DIM], x[WINDOW][DIM], slopes[WINDOW][DIM];
    double scalars[WINDOW][L2OSR__MAX_NODES], derivatives[L2OSR__MAX_NODES];
    double gbar[WINDOW][DIM], xbar[WINDOW][DIM]; /* derivatives by g and x */
    tally tally;                                 /* of derivatives */
} bench;

static bench *bench_new(uint64_t seed, int part) {
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    bench *b = calloc(1, sizeof *b);
    o.threads = 1;
    ck_assert_int_eq(l2osr_context_create(&b->ctx, &o), L2OSR_OK);
    l2osr__rng_init(&b->rng, seed, (uint64_t)part);
    b->walk = walk_new();
    return b;
}

static void bench_free(bench *b) {
    walk_free(b->walk);
    l2osr_context_free(b->ctx);
    free(b);
}

static void fill(bench *b) {
    scene *s = &b->scene;
    s->groups = 1;
    s->size = s->lengths[0] = DIM;
    s->lr_mult[0] = 1;
    for (int k = 0; k < WINDOW; k++) {
        for (int i = 0; i < DIM; i++) {
            s->g[k][i] = b->g[k][i] = 3 * l2osr__rng_uniform(&b->rng) - 1.5;
            s->x[k][i] = b->x[k][i] = 3 * l2osr__rng_uniform(&b->rng) - 1.5;
            b->slopes[k][i] = 2 * l2osr__rng_uniform(&b->rng) - 1;
        }
    }
}

/* ---- the function ---- */

/* Sum over steps of the update times what all later slopes add up to; *size is that of its terms.
 */
static double objective(bench *b, double *size) {
    double dx[DIM], sum = 0;
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    *size = 0;
    l2osr_stepper_reset(b->stepper);
    for (int k = 0; k < WINDOW; k++) {
        must_work(l2osr_stepper_begin(b->stepper, &args), b->ctx);
        must_work(l2osr_stepper_delta_f64(b->stepper, 0, DIM, b->x[k], b->g[k], dx), b->ctx);
        must_work(l2osr_stepper_end(b->stepper), b->ctx);
        for (int i = 0; i < DIM; i++)
            for (int r = k; r < WINDOW; r++) {
                sum += b->slopes[r][i] * dx[i];
                *size += fabs(b->slopes[r][i] * dx[i]);
            }
    }
    return sum;
}

/* ---- differences ---- */

typedef struct difference {
    double slope, left, right; /* of fourth order, and of second order from each side */
    double step, size;         /* of the terms of the objective */
} difference;

static difference differ(bench *b, double *value, double step) {
    const double centre = *value;
    double f[5];
    difference d = {.step = step};
    for (int i = 0; i < 5; i++) {
        double size;
        *value = centre + step * (i - 2);
        f[i] = objective(b, &size);
        d.size = size > d.size || isnan(size) ? size : d.size;
    }
    *value = centre;
    d.slope = (f[0] - 8 * f[1] + 8 * f[3] - f[4]) / (12 * step);
    d.left = (f[0] - 4 * f[1] + 3 * f[2]) / (2 * step);
    d.right = (-3 * f[2] + 4 * f[3] - f[4]) / (2 * step);
    return d;
}

static bool agree(double a, double b, double relative, double absolute) {
    return fabs(a - b) <= relative * fabs(b) + absolute;
}

/* To what part of itself a derivative is judged; sides of a corner that agree better are both
 * right.
 */
static const double JUDGED = 1e-4;

/* A corner, a jump or a pole nearby shows in that two step sizes, or two sides, do not agree.
 * Numbers of such a size come from dividing by a few last bits. */
static bool is_smooth(const difference *wide, const difference *narrow) {
    const double most = 1e6;
    const double rounding = 1e-14 * narrow->size / narrow->step;
    return narrow->size < most && isfinite(wide->size) && isfinite(narrow->slope) &&
           rounding <= 1e-5 * (1 + fabs(narrow->slope)) &&
           agree(wide->slope, narrow->slope, 1e-5, rounding) &&
           agree(narrow->left, narrow->right, JUDGED, 1e-9 + rounding);
}

/* What divides by 1e-8 may have another slope within a thousandth of a step. */
static bool hides_detail(bench *b, double *value, const difference *d) {
    const difference close = differ(b, value, d->step / 4096);
    return !agree(close.slope, d->slope, 1e-2, 1e-13 * close.size / close.step);
}

static void check_by(bench *b, double *value, double derivative, const char *what) {
    const double step = 1e-4 * fmax(fabs(*value), 0.01);
    const difference wide = differ(b, value, step), narrow = differ(b, value, step / 2);
    if (!is_smooth(&wide, &narrow) || hides_detail(b, value, &narrow)) {
        b->tally.skipped++;
        return;
    }
    b->tally.judged++;
    must(agree(derivative, narrow.slope, JUDGED, 1e-9 + 1e-13 * narrow.size / narrow.step),
         "by %s %.17g it is %.12g, by differences %.12g (%.12g):\n%s", what, *value, derivative,
         narrow.slope, wide.slope, b->rule->text);
}

/* ---- the tape ---- */

static void run_scalars(bench *b) {
    const l2osr__program *p = &b->rule->program;
    double inputs[L2OSR__INPUT_COUNT], cells[MAX_CELLS] = {0};
    l2osr__moment moment = {.inputs = inputs, .size = DIM, .cells = cells};
    must(p->cells <= MAX_CELLS, "%d cells", p->cells);
    for (int k = 0; k < WINDOW; k++) {
        double *row = &b->scalars[0][0] + k * p->count;
        moment.step = (uint64_t)k + 1;
        l2osr__rule_inputs(inputs, moment.step, 0, 0); /* lr is a constant */
        l2osr__program_scalars(p, &moment, 0, row);
        l2osr__program_remember(p, &moment, row);
    }
}

static void run_piece(const bench *b, const l2osr__tape *tape, size_t first, size_t n, double *work,
                      double *sums) {
    const double *inputs[L2OSR__INPUT_COUNT] = {&b->g[0][first], &b->x[0][first]};
    const l2osr__tape_window_f64 window = {.steps = WINDOW,
                                           .scalars = &b->scalars[0][0],
                                           .state = l2osr__stepper_state(b->stepper),
                                           .stride = DIM,
                                           .inputs = inputs,
                                           .slopes = &b->slopes[0][first],
                                           .row = DIM};
    l2osr__tape_run_f64(tape, l2osr__kernels_f64_of(b->ctx), &window, n, work, sums);
}

/* The derivatives by all nodes, the coordinates in two pieces. */
static void differentiate(bench *b) {
    static double sums[WINDOW * L2OSR__MAX_NODES];
    const l2osr__program *p = &b->rule->program;
    l2osr__tape tape;
    run_scalars(b);
    l2osr_stepper_reset(b->stepper);
    must_work(l2osr__tape_init(&tape, b->ctx, p, b->rule->form.root, -1, WINDOW), b->ctx);
    double *work = malloc(l2osr__tape_workspace_f64(&tape) * sizeof *work);
    memset(sums, 0, (size_t)WINDOW * (size_t)p->count * sizeof *sums);
    run_piece(b, &tape, 0, 2, work, sums);
    run_piece(b, &tape, 2, DIM - 2, work, sums);
    l2osr__tape_reduce(&tape, WINDOW, NULL, &b->scalars[0][0], sums, b->derivatives);
    free(work);
    l2osr__tape_clear(&tape, b->ctx);
}

/* ---- one step after another ---- */

/* The state before each step: [WINDOW][planes][DIM]. */
static double *states_of(bench *b) {
    const size_t planes = (size_t)b->rule->program.planes * DIM;
    double dx[DIM], *states = malloc((planes + 1) * WINDOW * sizeof *states);
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    l2osr_stepper_reset(b->stepper);
    for (int k = 0; k < WINDOW; k++) {
        memcpy(states + (size_t)k * planes, l2osr__stepper_state(b->stepper),
               planes * sizeof *states);
        must_work(l2osr_stepper_begin(b->stepper, &args), b->ctx);
        must_work(l2osr_stepper_delta_f64(b->stepper, 0, DIM, b->x[k], b->g[k], dx), b->ctx);
        must_work(l2osr_stepper_end(b->stepper), b->ctx);
    }
    return states;
}

/* The coordinates of step k in two pieces; updatebar[DIM] is that of its update. */
static void step_back(bench *b, const l2osr__adjoint *adjoint, int k, const double *updatebar,
                      const double *states, double *statebar, double *sums) {
    const double *const inputs[] = {b->g[k], b->x[k]};
    double *const inputbars[] = {b->gbar[k], b->xbar[k]};
    const l2osr__program *p = adjoint->program;
    const l2osr__adjoint_step step = {.number = (uint64_t)k + 1,
                                      .numbers = &b->scalars[0][0] + k * p->count,
                                      .stride = DIM,
                                      .state = states + (size_t)k * (size_t)p->planes * DIM,
                                      .statebar = statebar,
                                      .inputs = inputs,
                                      .inputbars = inputbars};
    double *work = malloc(l2osr__adjoint_scratch(adjoint) * sizeof *work);
    for (size_t first = 0; first < DIM; first += 2) {
        const size_t n = DIM - first < 2 ? DIM - first : 2;
        l2osr__adjoint_panel panel;
        l2osr__adjoint_begin(&panel, adjoint, &step, first, n, work);
        for (size_t i = 0; i < n; i++)
            panel.bar[b->rule->form.root][i] += updatebar[first + i];
        l2osr__adjoint_finish(&panel, sums);
    }
    free(work);
}

/* The derivatives by all nodes and by what was fed. */
static void walk_back(bench *b) {
    static double sums[WINDOW * L2OSR__MAX_NODES];
    const l2osr__program *p = &b->rule->program;
    double updatebar[DIM] = {0}, *states = states_of(b);
    double *statebar = calloc((size_t)p->planes * DIM + 1, sizeof *statebar);
    l2osr__adjoint adjoint;
    run_scalars(b);
    must_work(l2osr__adjoint_init(&adjoint, b->ctx, p, &b->rule->form.root, 1, 2), b->ctx);
    memset(sums, 0, (size_t)WINDOW * (size_t)p->count * sizeof *sums);
    memset(b->derivatives, 0, sizeof b->derivatives);
    for (int k = WINDOW - 1; k >= 0; k--) {
        const double *numbers = &b->scalars[0][0] + k * p->count;
        for (int i = 0; i < DIM; i++)
            updatebar[i] += b->slopes[k][i];
        step_back(b, &adjoint, k, updatebar, states, statebar, sums + k * p->count);
        l2osr__program_reverse_scalars(p, numbers, k > 0 ? numbers - p->count : NULL,
                                       sums + k * p->count, (size_t)k);
        for (int32_t i = 0; i < p->count; i++)
            b->derivatives[i] += sums[k * p->count + i];
    }
    l2osr__adjoint_clear(&adjoint);
    free(states);
    free(statebar);
}

/* ---- the laws ---- */

static void draw_step_size(bench *b) {
    for (size_t i = 0; i < l2osr_rule_constant_count(b->rule); i++)
        if (b->rule->constants[i].input == L2OSR__INPUT_LR)
            l2osr__rule_set(b->rule, i, 0.1 + l2osr__rng_uniform(&b->rng));
}

/* Slopes have squares in them, which overflow early; sigmoid and elu are accurate beside 1, not
 * beside what little they are far on the left, so that differences of it are noise; and differences
 * of a sine that turns many times between their points say nothing. Powers of 0 count as flat. */
static bool is_differentiable(uint8_t op, double value, double operand) {
    const double size = fabs(value);
    if ((op == L2OSR__OP_SIN || op == L2OSR__OP_COS) && !(fabs(operand) <= 100))
        return false;
    if ((op == L2OSR__OP_POWM || op == L2OSR__OP_POWER) && operand == 0)
        return false;
    const bool shifted = op == L2OSR__OP_SIGMOID || op == L2OSR__OP_ELU;
    return size <= 1e30 && (size >= (shifted ? 1e-5 : 1e-30) || value == 0);
}

/* The chain rule ends where a value on the way is infinite, though the update is not. */
static bool all_differentiable(bench *b) {
    const l2osr__expr *form = &b->rule->form;
    walk_all(b->walk, form, &b->scene);
    for (int32_t i = 0; i <= form->root; i++) {
        const l2osr__node *n = &form->nodes[i];
        const int32_t operand = l2osr__ops[n->op].arity > 0 ? n->a : i;
        for (int step = 0; step < WINDOW && !is_feedback(n); step++)
            for (int k = 0; k < DIM; k++)
                if (!is_differentiable(n->op, walk_values(b->walk, i, step)[k],
                                       walk_values(b->walk, operand, step)[k]))
                    return false;
    }
    return true;
}

static void check_constants(bench *b) {
    const size_t count = l2osr_rule_constant_count(b->rule);
    for (size_t i = 0; i < count && i < MOST_CONSTANTS; i++) {
        const int32_t place = b->rule->constants[count - 1 - i].node; /* lr is among the last */
        l2osr__node *node = &b->rule->form.nodes[place];
        /* of one for each group the first value is all there is here; some have no influence */
        if (place >= 0 && node->b <= 0)
            check_by(b, &node->value, b->derivatives[place], "constant");
    }
}

static void check_tape(bench *b) {
    differentiate(b);
    check_constants(b);
}

static void check_steps(bench *b) {
    const size_t k = l2osr__rng_below(&b->rng, WINDOW), i = l2osr__rng_below(&b->rng, DIM);
    walk_back(b);
    check_constants(b);
    check_by(b, &b->g[k][i], b->gbar[k][i], "gradient");
    check_by(b, &b->x[k][i], b->xbar[k][i], "parameter");
}

static void check_rule(bench *b, void (*check)(bench *b)) {
    const size_t dim = DIM;
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    b->tally.rules++;
    o.precision = L2OSR_F64;
    must_work(l2osr_stepper_create(&b->stepper, b->ctx, b->rule, 1, &dim, &o), b->ctx);
    fill(b);
    const bool fit = all_differentiable(b);
    b->tally.skipped += !fit;
    if (fit)
        check(b);
    l2osr_stepper_free(b->stepper);
}

/* Of random rules, of `usual` by default; at most a part `most` of what is tried may be left out.
 */
static void check_rules(const char *law, uint64_t seed, int part, int usual, double most,
                        void (*check)(bench *b)) {
    bench *b = bench_new(seed, part);
    for (int k = law_count(usual); k > 0; k--) {
        l2osr_rule *rule =
            random_parsed(b->ctx, &b->rng, 2 + k % 18, (mixture){.smooth = true, .tame = true});
        must_work(l2osr__rule_tunable(&b->rule, rule), b->ctx);
        draw_step_size(b);
        check_rule(b, check);
        l2osr_rule_free(b->rule);
        l2osr_rule_free(rule);
    }
    check_tally(law, &b->tally, most);
    bench_free(b);
}

START_TEST(tapes_give_derivatives) {
    check_rules("tape", 930, _i, 100000, 0.3, check_tape);
}
END_TEST

START_TEST(steps_backwards_give_derivatives) {
    check_rules("steps backwards", 931, _i, 30000, 0.15, check_steps);
}
END_TEST

TCase *gradient_laws(void) {
    TCase *tests = tcase_create("gradient");
    tcase_set_timeout(tests, 300);
    tcase_add_loop_test(tests, tapes_give_derivatives, 0, LAW_PARTS);
    tcase_add_loop_test(tests, steps_backwards_give_derivatives, 0, LAW_PARTS);
    return tests;
}
