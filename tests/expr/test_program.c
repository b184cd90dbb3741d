/* SPDX-License-Identifier: MIT */
/* Compiled programs against a plain walk over the nodes, over time, for one coordinate at a time.
 */
#include "tests.h"

#include <math.h>
#include <string.h>

#include "expr/frame.h"
#include "vec/levels.h"

enum { STEPS = 7, COORDINATES = 37, MAX_PLANES = 600, CASES = 600, MAX_ROOTS = 4 };

/* g and x of every step and coordinate, the same in all tests. */
static double inputs[2][STEPS][COORDINATES];

static double scalar_input(int32_t number, int step) {
    return number == 2 ? step : 0.01 * step;
}

/* Of one coordinate, by node and step - 1; before the first step everything is zero. */
typedef struct history {
    double values[L2OSR__MAX_NODES][STEPS];
} history;

static double past(const history *h, int32_t node, int step) {
    return step < 1 ? 0 : h->values[node][step - 1];
}

static double walk(const l2osr__node *nodes, const history *h, int32_t i, int step,
                   int coordinate) {
    const l2osr__kernels_f64 *k = &l2osr__kernels_f64_baseline;
    const l2osr__node *n = &nodes[i];
    const double a = n->op == L2OSR__OP_CONST || n->op == L2OSR__OP_VAR ? 0 : past(h, n->a, step);
    const double b = n->b < 0 ? 0 : past(h, n->b, step);
    double out;
    switch (n->op) {
    case L2OSR__OP_CONST:
        return n->value;
    case L2OSR__OP_VAR:
        return n->a < 2 ? inputs[n->a][step - 1][coordinate] : scalar_input(n->a, step);
    case L2OSR__OP_LAG:
        return past(h, n->a, step - n->lag);
    case L2OSR__OP_EMA:
        return b * past(h, i, step - 1) + (1 - b) * a;
    case L2OSR__OP_DSUM:
        return b * past(h, i, step - 1) + a;
    case L2OSR__OP_DMAX:
        k->binary[L2OSR__BI_MAX](1, &out, (double[]){b * past(h, i, step - 1)}, &a);
        return out;
    case L2OSR__OP_POWER:
        if (nodes[n->b].op == L2OSR__OP_CONST && !nodes[n->b].tunable && (b == 2 || b == 3))
            return b == 2 ? a * a : a * a * a;
        break;
    default:
        break;
    }
    if (l2osr__ops[n->op].arity == 1)
        k->unary[l2osr__ops[n->op].kernel](1, &out, &a);
    else
        k->binary[l2osr__ops[n->op].kernel](1, &out, &a, &b);
    return out;
}

typedef struct setting {
    l2osr__routine routine;
    const l2osr__expr *expr;
    const int32_t *roots;
    int32_t n_roots;
    double out[MAX_ROOTS][STEPS][COORDINATES];
} setting;

/* Runs all steps in blocks of at most `most`, in slices of at most `slice` coordinates. */
static void run(setting *s, l2osr_context *ctx, size_t most, size_t slice) {
    static _Alignas(64) double scratch[L2OSR__SCRATCH_BYTES / sizeof(double)];
    static double state[MAX_PLANES * COORDINATES], scalars[L2OSR__MAX_NODES];
    static l2osr__frame_f64 frame;
    memset(state, 0, sizeof state);
    static double cells[MAX_PLANES];
    memset(cells, 0, sizeof cells);
    ck_assert_int_le(s->routine.program.planes, MAX_PLANES);
    ck_assert_int_le(s->routine.program.cells, MAX_PLANES);
    for (int step = 1; step <= STEPS; step++) {
        const double numbers[4] = {0, 0, scalar_input(2, step), scalar_input(3, step)};
        const l2osr__moment moment = {
            .inputs = numbers, .step = (uint64_t)step, .size = COORDINATES, .cells = cells};
        l2osr__program_scalars(&s->routine.program, &moment, 0, scalars);
        l2osr__program_remember(&s->routine.program, &moment, scalars);
        memset(scratch, 0xff, sizeof scratch); /* NaN: what is not written must not be read */
        for (size_t first = 0; first < COORDINATES; first += slice) {
            size_t end = first + slice < COORDINATES ? first + slice : COORDINATES;
            l2osr__frame_init_f64(&frame, &s->routine.code, scalars, (uint64_t)step, state,
                                  COORDINATES, scratch, 0, most);
            for (size_t at = first; at < end; at += frame.block) {
                size_t n = end - at < frame.block ? end - at : frame.block;
                const double *const in[4] = {&inputs[0][step - 1][at], &inputs[1][step - 1][at]};
                l2osr__frame_run_f64(&frame, l2osr__kernels_f64_of(ctx), at, n, in);
                for (int32_t r = 0; r < s->n_roots; r++)
                    memcpy(&s->out[r][step - 1][at], frame.value[s->roots[r]], n * sizeof(double));
            }
        }
    }
}

static void compare_with_walk(const setting *s) {
    static history h;
    for (int c = 0; c < COORDINATES; c++)
        for (int step = 1; step <= STEPS; step++) {
            for (int32_t i = 0; i < s->expr->count; i++)
                h.values[i][step - 1] = walk(s->expr->nodes, &h, i, step, c);
            for (int32_t r = 0; r < s->n_roots; r++) {
                double got = s->out[r][step - 1][c], wanted = h.values[s->roots[r]][step - 1];
                ck_assert_msg(got == wanted || (isnan(got) && isnan(wanted)),
                              "root %d, coordinate %d, step %d: %.17g, not %.17g", r, c, step, got,
                              wanted);
            }
        }
}

static void check_expression(l2osr_context *ctx, const l2osr__expr *expr, const int32_t *roots,
                             int32_t n_roots) {
    static setting s;
    static const size_t cuts[][2] = {
        {COORDINATES, COORDINATES}, {1, COORDINATES}, {5, COORDINATES}, {512, 7}, {3, 1}};
    s = (setting){.expr = expr, .roots = roots, .n_roots = n_roots};
    const l2osr__program_source source = {expr->nodes, expr->values, expr->count, roots,
                                          n_roots,     &symbols,     -1,          NULL};
    ck_ok(l2osr__routine_init(&s.routine, ctx, &source), ctx);
    for (size_t i = 0; i < sizeof cuts / sizeof cuts[0]; i++) {
        run(&s, ctx, cuts[i][0], cuts[i][1]);
        compare_with_walk(&s);
    }
    l2osr__routine_clear(&s.routine, ctx);
}

static void setup(void) {
    for (int i = 0; i < 2; i++)
        for (int step = 0; step < STEPS; step++)
            l2osr_random_normal(60, (uint64_t)(i * STEPS + step), 0, 1, inputs[i][step],
                                COORDINATES);
}

START_TEST(random_programs) {
    l2osr_context *ctx = test_context();
    l2osr__rng rng;
    l2osr__rng_init(&rng, 61, 0);
    for (int k = 0; k < CASES; k++) {
        l2osr__expr expr;
        int32_t roots[MAX_ROOTS] = {0}, n_roots = 1;
        l2osr__expr_init(&expr, ctx);
        random_rule(&expr, &rng, k % 4, 1 + k % 40, (mixture){.schedules = true});
        roots[0] = expr.root;
        for (; n_roots < 1 + k % MAX_ROOTS; n_roots++)
            roots[n_roots] = (int32_t)l2osr__rng_below(&rng, (uint32_t)expr.count);
        check_expression(ctx, &expr, roots, n_roots);
        l2osr__expr_clear(&expr);
    }
    l2osr_context_free(ctx);
}
END_TEST

static const char *const corners[] = {
    "g[1]",                         /* a root that is a lag: its plane is overwritten */
    "g[2][3]",                      /* a lag of a lag */
    "g[1] + g[2] + g[3][1] + g",    /* one ring serves all */
    "ema(g, 0.9)[1] - ema(g, 0.9)", /* state before it is overwritten */
    "ema(ema(g, 0.9), 0.5)",        /* state over state */
    "ema(t, 0.9) + t[1] * lr[2]",   /* numbers with memory */
    "ema(g, 1 - 1 / t)",            /* a decay that changes: the mean so far */
    "2[1] + g",                     /* a constant was zero before the start */
    "t",                            /* no vector at all */
    "3.5",
    "g",
    "g + g * g - (g / (g + g))",
    "ema(g[1], 0.5)[2]",
    "g + lr * (x / t)", /* a quotient that is not one of vectors */
    "g - 2 * (x / t) * (t / x)",
    "wsum(g * x, 4) - wsum(g, 3) * wsum(t, 2)",
    "wsum(wsum(g - x, 2), 5)[1]",
};

START_TEST(corner_programs) {
    l2osr_context *ctx = test_context();
    l2osr__expr expr;
    ck_ok(l2osr__parse_expression(&expr, ctx, (l2osr__source){"corner", corners[_i]}, &symbols),
          ctx);
    check_expression(ctx, &expr, &expr.root, 1);
    l2osr__expr_clear(&expr);
    l2osr_context_free(ctx);
}
END_TEST

/* The program of `text`, to look at. */
static l2osr__routine compile(l2osr__expr *expr, l2osr_context *ctx, const char *text) {
    l2osr__routine r;
    ck_ok(l2osr__parse_expression(expr, ctx, (l2osr__source){"text", text}, &symbols), ctx);
    const l2osr__program_source source = {expr->nodes, expr->values, expr->count, &expr->root,
                                          1,           &symbols,     -1,          NULL};
    ck_ok(l2osr__routine_init(&r, ctx, &source), ctx);
    return r;
}

static void check_size(const char *text, int32_t planes, int32_t temps, int32_t vectors) {
    l2osr_context *ctx = test_context();
    l2osr__expr expr;
    l2osr__routine r = compile(&expr, ctx, text);
    ck_assert_msg(r.program.planes == planes && r.code.temps == temps && r.code.count == vectors,
                  "%s: %d planes, %d registers, %d operations", text, r.program.planes,
                  r.code.temps, r.code.count);
    l2osr__routine_clear(&r, ctx);
    l2osr__expr_clear(&expr);
    l2osr_context_free(ctx);
}

/* State and registers are what the speed of a step depends on. */
START_TEST(registers_are_reused) {
    check_size("g", 0, 0, 0);
    check_size("-g", 0, 1, 1);
    check_size("exp(exp(exp(exp(g))))", 0, 1, 4);
    check_size("g * x + g * g + x * x + g * x", 0, 1, 4);
    check_size("(g + x) * (g - x) + (g * x) * (g / x)", 0, 3, 6);
    check_size("ema(g, 0.9)", 1, 0, 1);
    check_size("g[1] + g[4]", 4, 1, 1);
    check_size("-lr * (1 - 0.9^t) * g", 0, 1, 1);
    check_size("ema(g, 0.9) / (sqrt(ema(g^2, 0.999)) + 1e-8)", 2, 1, 4);
}
END_TEST

START_TEST(a_decay_is_one_number) {
    l2osr_context *ctx = test_context();
    l2osr__expr expr;
    l2osr__routine r;
    ck_ok(l2osr__parse_expression(&expr, ctx, (l2osr__source){"f", "ema(g, x)"}, &symbols), ctx);
    const l2osr__program_source source = {expr.nodes, expr.values, expr.count, &expr.root,
                                          1,          &symbols,    -1,         NULL};
    ck_assert_int_eq(l2osr__routine_init(&r, ctx, &source), L2OSR_EPARSE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "decay of ema()"));
    l2osr__routine_clear(&r, ctx);
    l2osr__expr_clear(&expr);
    l2osr_context_free(ctx);
}
END_TEST

TCase *program_tests(void) {
    TCase *tests = tcase_create("programs");
    tcase_set_timeout(tests, 100);
    tcase_add_checked_fixture(tests, setup, NULL);
    tcase_add_test(tests, random_programs);
    tcase_add_loop_test(tests, corner_programs, 0, sizeof corners / sizeof corners[0]);
    tcase_add_test(tests, registers_are_reused);
    tcase_add_test(tests, a_decay_is_one_number);
    return tests;
}
