/* SPDX-License-Identifier: MIT */
#include "expr/function.h"

#include <math.h>
#include <string.h>

#include "expr/lexer.h"
#include "expr/schedule.h"

enum { PIECE = 256 }; /* elements at a time of a block that has a number for an operand */

/* ---- tables ---- */

static l2osr_status bad(l2osr_context *ctx, const l2osr__function *f, const char *why) {
    return l2osr__fail(ctx, L2OSR_EINVAL, "function '%s': %s", f->name, why);
}

/* The lexer knows best what a text can call. */
static bool is_name(l2osr_context *ctx, const char *name) {
    l2osr__lexer lexer;
    l2osr__lexer_init(&lexer, ctx, (l2osr__source){name, name});
    return l2osr__lexer_is_word(&lexer, name) && strlen(name) < L2OSR__NAME_SIZE;
}

static bool is_shape(const char *name) {
    for (int shape = 0; shape < L2OSR__SHAPES; shape++)
        if (strcmp(l2osr__shape_names[shape], name) == 0)
            return true;
    return false;
}

static bool is_twice(const l2osr__function *functions, size_t i) {
    for (size_t k = 0; k < i; k++)
        if (strcmp(functions[k].name, functions[i].name) == 0)
            return true;
    return false;
}

static l2osr_status check_one(l2osr_context *ctx, const l2osr__function *functions, size_t i) {
    const l2osr__function *f = &functions[i];
    if (!f->name)
        return l2osr__fail(ctx, L2OSR_EINVAL, "function %zu has no name", i);
    if (!is_name(ctx, f->name))
        return bad(ctx, f,
                   "a name is at most 31 letters, digits and '_', and begins with no digit");
    if (l2osr__op_find(f->name, strlen(f->name)) != L2OSR__OP_COUNT)
        return bad(ctx, f, "an operator has that name");
    if (strcmp(f->name, L2OSR__WSUM) == 0)
        return bad(ctx, f, "the name is taken by the sum of the last steps");
    if (is_shape(f->name))
        return bad(ctx, f, "the name is taken by a schedule");
    if (is_twice(functions, i))
        return bad(ctx, f, "defined twice");
    if (f->arity != 1 && f->arity != 2)
        return bad(ctx, f, "arity is neither 1 nor 2");
    return f->value ? L2OSR_OK : bad(ctx, f, "value is NULL");
}

l2osr_status l2osr__functions_check(l2osr_context *ctx, const l2osr__function *functions,
                                    size_t count) {
    if (count > L2OSR__MAX_FUNCTIONS)
        return l2osr__fail(ctx, L2OSR_EINVAL, "more than %d functions", L2OSR__MAX_FUNCTIONS);
    for (size_t i = 0; i < count; i++)
        L2OSR__TRY(check_one(ctx, functions, i));
    return L2OSR_OK;
}

l2osr__opcode l2osr__function_op(const l2osr__function *f) {
    return f->arity == 1 ? L2OSR__OP_CALL1 : L2OSR__OP_CALL2;
}

/* ---- values and slopes ---- */

double l2osr__function_value(const l2osr__function *f, double a, double b) {
    return f->value(f->user, a, f->arity == 2 ? b : 0);
}

/* By central differences, as wide as balances rounding and curvature: relative to x down to small
 * numbers, since gradients are small. */
static double difference(const l2osr__function *f, double a, double b, unsigned operand) {
    const double x = operand == 0 ? a : b, h = 6e-6 * fmax(fabs(x), 1e-3);
    const double above = x + h, below = x - h;
    const double more =
        operand == 0 ? l2osr__function_value(f, above, b) : l2osr__function_value(f, a, above);
    const double less =
        operand == 0 ? l2osr__function_value(f, below, b) : l2osr__function_value(f, a, below);
    return (more - less) / (above - below);
}

static double slope(const l2osr__function *f, double a, double b, unsigned operand) {
    return f->slope ? f->slope(f->user, a, b, operand) : difference(f, a, b, operand);
}

#define T       float
#define F(name) name##_f32
#include "expr/function.inc"
#undef T
#undef F

#define T       double
#define F(name) name##_f64
#include "expr/function.inc"

/* A number takes the place of one of two operands: the block finds it in a row. */
static void run_pieces(const l2osr__function *f, size_t n, float *out, const float *a,
                       const float *b, float r) {
    float row[PIECE];
    for (size_t i = 0; i < PIECE; i++)
        row[i] = r;
    for (size_t first = 0; first < n; first += PIECE) {
        const size_t count = n - first < PIECE ? n - first : PIECE;
        f->block(f->user, count, out + first, a ? a + first : row, b ? b + first : row);
    }
}

void l2osr__function_run_f32(const l2osr__function *f, size_t n, float *out, const float *a,
                             const float *b, float r) {
    if (!f->block)
        run_each_f32(f, n, out, a, b, r);
    else if (!a || (!b && f->arity == 2))
        run_pieces(f, n, out, a, b, r);
    else
        f->block(f->user, n, out, a, b);
}

void l2osr__function_run_f64(const l2osr__function *f, size_t n, double *out, const double *a,
                             const double *b, double r) {
    run_each_f64(f, n, out, a, b, r);
}
