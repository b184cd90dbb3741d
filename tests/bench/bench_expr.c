/* SPDX-License-Identifier: MIT */
/* Speed of the elementwise kernels in f32 beside plain loops over the C library, and of expressions. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "bench.h"
#include "l2osr.h"
#include "expr/code.h"
#include "vec/kernels.h"

/* Three arrays of this size lie in the first cache. */
enum { N = 1024 };
static float a[N], b[N], out[N];

static float relu(float x) {
    return x > 0 ? x : 0;
}
static float sigmoid(float x) {
    return 1 / (1 + expf(-x));
}
static float elu(float x) {
    return x > 0 ? x : expm1f(x);
}
static float sign(float x) {
    return (float)((x > 0) - (x < 0));
}
static float softsign(float x) {
    return x / (1 + fabsf(x));
}
static float clip(float x, float bound) {
    return fmaxf(-bound, fminf(x, bound));
}

#define PLAIN_UNARY(name, formula)                                                                 \
    static void plain_##name(void *user) {                                                         \
        (void)user;                                                                                \
        for (int i = 0; i < N; i++) {                                                              \
            const float x = a[i];                                                                  \
            out[i] = formula;                                                                      \
        }                                                                                          \
    }
#define PLAIN_BINARY(name, formula)                                                                \
    static void plain_##name(void *user) {                                                         \
        (void)user;                                                                                \
        for (int i = 0; i < N; i++) {                                                              \
            const float x = a[i], y = b[i];                                                        \
            out[i] = formula;                                                                      \
        }                                                                                          \
    }
PLAIN_UNARY(neg, -x)
PLAIN_UNARY(relu, relu(x))
PLAIN_UNARY(exp, expf(x))
PLAIN_UNARY(tanh, tanhf(x))
PLAIN_UNARY(sinh, sinhf(x))
PLAIN_UNARY(asinh, asinhf(x))
PLAIN_UNARY(erfc, erfcf(x))
PLAIN_UNARY(square, x *x)
PLAIN_UNARY(cube, x *x *x)
PLAIN_UNARY(abs, fabsf(x))
PLAIN_UNARY(sign, sign(x))
PLAIN_UNARY(log, logf(x))
PLAIN_UNARY(logm, logf(fabsf(x) + 1e-8f))
PLAIN_UNARY(sqrt, sqrtf(x))
PLAIN_UNARY(sqrtm, sqrtf(fabsf(x)))
PLAIN_UNARY(sigmoid, sigmoid(x))
PLAIN_UNARY(elu, elu(x))
PLAIN_UNARY(log1p, log1pf(x))
PLAIN_UNARY(softsign, softsign(x))
PLAIN_UNARY(atan, atanf(x))
PLAIN_UNARY(sin, sinf(x))
PLAIN_UNARY(cos, cosf(x))
PLAIN_BINARY(add, x + y)
PLAIN_BINARY(sub, x - y)
PLAIN_BINARY(mul, x *y)
PLAIN_BINARY(div, x / y)
PLAIN_BINARY(min, fminf(x, y))
PLAIN_BINARY(max, fmaxf(x, y))
PLAIN_BINARY(greater, x > y ? 1.0f : 0.0f)
PLAIN_BINARY(powm, sign(x) * powf(fabsf(x), y))
PLAIN_BINARY(power, powf(x, y))
PLAIN_BINARY(clip, clip(x, y))

struct kernel_case {
    const char *name;
    int unary, binary; /* the other one is -1 */
    void (*plain)(void *user);
    double lo, hi, goal; /* range of the first argument; G elements/s at AVX2, 0: none */
};

#define UNARY(NAME, name, lo, hi, goal)                                                            \
    { #name, L2OSR__UN_##NAME, -1, plain_##name, lo, hi, goal }
#define BINARY(NAME, name, lo, hi, goal)                                                           \
    { #name, -1, L2OSR__BI_##NAME, plain_##name, lo, hi, goal }
static const struct kernel_case kernel_cases[] = {
    UNARY(NEG, neg, -4, 4, 0),           UNARY(RELU, relu, -4, 4, 0),
    UNARY(EXP, exp, -8, 8, 2.5),         UNARY(TANH, tanh, -4, 4, 2.5),
    UNARY(SINH, sinh, -4, 4, 0.8),       UNARY(ASINH, asinh, -8, 8, 0.8),
    UNARY(ERFC, erfc, -4, 4, 0.8),       UNARY(SQUARE, square, -4, 4, 0),
    UNARY(CUBE, cube, -4, 4, 0),         UNARY(ABS, abs, -4, 4, 0),
    UNARY(SIGN, sign, -4, 4, 0),         UNARY(LOG, log, 0.001, 10, 1.5),
    UNARY(LOGM, logm, -4, 4, 0),         UNARY(SQRT, sqrt, 0, 10, 4),
    UNARY(SQRTM, sqrtm, -10, 10, 0),     UNARY(SIGMOID, sigmoid, -8, 8, 0),
    UNARY(ELU, elu, -4, 4, 0),           UNARY(LOG1P, log1p, -0.9, 10, 0),
    UNARY(SOFTSIGN, softsign, -4, 4, 0), UNARY(ATAN, atan, -4, 4, 0),
    UNARY(SIN, sin, -100, 100, 0),       UNARY(COS, cos, -100, 100, 0),
    BINARY(ADD, add, -4, 4, 8),          BINARY(SUB, sub, -4, 4, 8),
    BINARY(MUL, mul, -4, 4, 8),          BINARY(DIV, div, -4, 4, 4),
    BINARY(MIN, min, -4, 4, 0),          BINARY(MAX, max, -4, 4, 0),
    BINARY(GREATER, greater, -4, 4, 0),  BINARY(POWM, powm, -4, 4, 0.6),
    BINARY(POWER, power, 0.001, 4, 0.6), BINARY(CLIP, clip, -4, 4, 0),
};

struct kernel_run {
    const struct kernel_case *what;
    const l2osr__kernels_f32 *kernels;
};

static void run_kernel(void *user) {
    const struct kernel_run *run = user;
    if (run->what->unary >= 0)
        run->kernels->unary[run->what->unary](N, out, a);
    else
        run->kernels->binary[run->what->binary](N, out, a, b);
}

static void fill(float *x, double lo, double hi, uint64_t stream) {
    double wide[N];
    l2osr_random_uniform(1, stream, lo, hi, wide, N);
    for (int i = 0; i < N; i++)
        x[i] = (float)wide[i];
}

static l2osr_context *context_of(l2osr_isa isa) {
    l2osr_context_options options = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    options.threads = 1;
    options.isa = isa;
    return l2osr_context_create(&ctx, &options) == L2OSR_OK ? ctx : NULL;
}

static void bench_kernels(struct bench *bench) {
    l2osr_context *avx2 = context_of(L2OSR_ISA_AVX2), *best = context_of(L2OSR_ISA_AUTO);
    if (!best)
        return;
    bench_section(bench, "f32 kernels, 1024 elements (libm: a plain loop over the C library)");
    for (size_t i = 0; i < sizeof kernel_cases / sizeof kernel_cases[0]; i++) {
        const struct kernel_case *c = &kernel_cases[i];
        struct kernel_run at_best = {c, l2osr__kernels_f32_of(best)};
        struct kernel_run at_avx2 = {c, l2osr__kernels_f32_of(avx2 ? avx2 : best)};
        const struct bench_work works[] = {
            {c->plain, NULL}, {run_kernel, &at_best}, {run_kernel, &at_avx2}};
        double seconds[3];
        fill(a, c->lo, c->hi, 1);
        fill(b, 0.1, 4, 2);
        bench_time(bench, 3, works, seconds);
        const double plain = N / seconds[0] / 1e9, auto_speed = N / seconds[1] / 1e9,
                     speed = N / seconds[2] / 1e9;
        if (avx2 && c->goal > 0)
            bench_at_least(bench, c->name, "avx2", speed, "G/s", c->goal);
        else if (avx2)
            bench_report(bench, c->name, "avx2", speed, "G/s");
        bench_report(bench, c->name, "best", auto_speed, "G/s");
        bench_report(bench, c->name, "libm", plain, "G/s");
        bench_report(bench, c->name, "avx2/libm", speed / plain, "x");
    }
    l2osr_context_free(avx2);
    l2osr_context_free(best);
}

/* ---- whole expressions ---- */

/* Rows are evaluated in blocks, columns in place, as symbolic regression does. */
enum { COLUMNS = 3 };
static float column[COLUMNS][N];

struct formula {
    l2osr__routine routine;
    const l2osr__kernels_f32 *kernels;
    double numbers[L2OSR__MAX_NODES];
    float *value[L2OSR__MAX_NODES], *rows;
};

static const struct expression_case {
    const char *name, *text;
} expression_cases[] = {
    {"+ * /", "(0.3 * x0 + x1) * (x2 - 1.5 * x0) / (x1 * x1 + 0.7) + x0 * (x2 + 2 * x1 * x0)"},
    {"exp tanh log", "tanh(0.3 * x0 + x1) * exp(-0.5 * x2 * x0) + log(x1 * x1 + 0.7) * (x2 + x0)"},
    {"the paper's", "asinh(x0 + 0.3 * x1) * sqrtm(x2) + pow(x1, 0.7) - erfc(x0) * relu(x1 - x2)"},
};

static void run_formula(void *user) {
    const struct formula *f = user;
    l2osr__code_run_f32(&f->routine.code, f->kernels, N, f->numbers, f->value, f->value);
}

static bool formula_of(struct formula *f, l2osr_context *ctx, l2osr__expr *expr,
                       const char *text) {
    static const char *const names[COLUMNS] = {"x0", "x1", "x2"};
    const l2osr__symbols symbols = {.names = names, .count = COLUMNS};
    if (l2osr__parse_expression(expr, ctx, (l2osr__source){"bench", text}, &symbols) != L2OSR_OK)
        return false;
    const l2osr__program_source source = {.nodes = expr->nodes,
                                          .count = expr->count,
                                          .roots = &expr->root,
                                          .n_roots = 1,
                                          .update = -1};
    f->kernels = l2osr__kernels_f32_of(ctx);
    if (l2osr__routine_init(&f->routine, ctx, &source) != L2OSR_OK)
        return false;
    l2osr__program_scalars(&f->routine.program, &(l2osr__moment){.step = 1}, 0, f->numbers);
    f->rows = aligned_alloc(64, sizeof(float) * N * (size_t)(f->routine.code.temps + 1));
    for (int32_t i = 0; i < expr->count; i++)
        if (f->routine.code.temp[i] >= 0)
            f->value[i] = f->rows + (size_t)f->routine.code.temp[i] * N;
        else if (expr->nodes[i].op == L2OSR__OP_VAR)
            f->value[i] = column[expr->nodes[i].a];
    return f->rows != NULL;
}

static void bench_expressions(struct bench *bench) {
    static struct formula f;
    l2osr_context *ctx = context_of(L2OSR_ISA_AUTO);
    if (!ctx)
        return;
    for (uint64_t i = 0; i < COLUMNS; i++)
        fill(column[i], -2, 2, 10 + i);
    bench_section(bench, "expressions, 1024 rows (nodes count all leaves)");
    for (size_t i = 0; i < sizeof expression_cases / sizeof expression_cases[0]; i++) {
        const struct expression_case *c = &expression_cases[i];
        const struct bench_work work = {run_formula, &f};
        l2osr__expr expr;
        double seconds;
        if (!formula_of(&f, ctx, &expr, c->text))
            break;
        bench_time(bench, 1, &work, &seconds);
        bench_report(bench, c->name, "node-rows", (double)expr.count * N / seconds * 1e-9, "G/s");
        bench_report(bench, c->name, "nodes", expr.count, "");
        bench_report(bench, c->name, "calls", f.routine.code.count, "");
        free(f.rows);
        l2osr__routine_clear(&f.routine, ctx);
        l2osr__expr_clear(&expr);
    }
    l2osr_context_free(ctx);
}

int main(int argc, char **argv) {
    int status;
    struct bench *bench =
        bench_start(argc, argv, "Times expressions and the kernels that they are made of.", NULL,
                    &status);
    if (!bench)
        return status;
    bench_kernels(bench);
    bench_expressions(bench);
    return bench_finish(bench);
}
