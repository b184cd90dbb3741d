/* SPDX-License-Identifier: MIT */
/* A plain walk over the nodes of an expression, step by step: the definition of the language once
 * more, in the simplest words. */
#include "laws.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "expr/frame.h"
#include "rule/engine.h"
#include "vec/levels.h"

walk *walk_new(void) {
    walk *w = calloc(1, sizeof *w);
    w->values = malloc((size_t)WALK_NODES * LAW_STEPS * LARGE_SIZE * sizeof *w->values);
    return w;
}

void walk_free(walk *w) {
    free(w->values);
    free(w);
}

static double *row(const walk *w, int32_t node, int step) {
    return w->values + ((size_t)node * LAW_STEPS + (size_t)step) * w->scene->size;
}

const double *walk_values(const walk *w, int32_t node, int step) {
    return row(w, node, step);
}

/* Of an earlier step; before the first everything is zero. */
static double past(const walk *w, int32_t node, int step, size_t i) {
    return step < 0 ? 0 : row(w, node, step)[i];
}

/* ---- noise ---- */

/* Uniform in [-1, 1): xorshift64*, which is quick. */
static double noise(walk *w) {
    w->noise ^= w->noise >> 12;
    w->noise ^= w->noise << 25;
    w->noise ^= w->noise >> 27;
    return (double)(int64_t)(w->noise * 0x2545f4914f6cdd1dull) * 0x1p-63;
}

/* A sign that is not known: each of both in one run at least. */
static double either(walk *w, double size) {
    return copysign(size, w->run == 2 ? 1 : w->run == 4 ? -1 : noise(w));
}

/* An operand as it may be after another way of rounding. */
static double shaken(walk *w, double a) {
    return w->run == 0 || isinf(a) ? a : a * (1 + noise(w) * DBL_EPSILON);
}

static bool makes_poles(uint8_t op, double a, double b) {
    return (op == L2OSR__OP_DIV && b == 0) || (op == L2OSR__OP_LOG && a == 0) ||
           (op == L2OSR__OP_LOG1P && a == -1) ||
           ((op == L2OSR__OP_POWER || op == L2OSR__OP_POWM) && a == 0);
}

/* Whether a result of 0 is one because an operand says so, not because it is too small. */
static bool is_plain_zero(uint8_t op, double a, double b) {
    switch (op) {
    case L2OSR__OP_MUL:
        return a == 0 || b == 0;
    case L2OSR__OP_DIV:
    case L2OSR__OP_POWER:
    case L2OSR__OP_POWM:
        return a == 0 || isinf(b) || isinf(a);
    case L2OSR__OP_EXP:
    case L2OSR__OP_ERFC:
    case L2OSR__OP_SIGMOID:
        return isinf(a);
    case L2OSR__OP_SQUARE:
    case L2OSR__OP_CUBE:
        return a == 0;
    default:
        return true;
    }
}

/* A result as it may be where range ends: rewriting may meet that end elsewhere or not at all. */
static double at_the_end_of_range(walk *w, uint8_t op, double a, double b, double value) {
    const bool odd = w->run % 2;
    if (isinf(value) && isfinite(a) && isfinite(b) && makes_poles(op, a, b))
        return odd ? NAN
                   : either(w, DBL_MAX / 4); /* its sign is that of a zero, which may be lost */
    if (isinf(value) && isfinite(a) && isfinite(b))
        return odd ? copysign((0.5 + 0.4 * noise(w)) * DBL_MAX, value) : value;
    if (fabs(value) < DBL_MIN && (value != 0 || !is_plain_zero(op, a, b)))
        return odd ? DBL_MIN * noise(w) : either(w, 0);
    return value == 0 ? either(w, 0) : value;
}

static double settled(walk *w, uint8_t op, double a, double b, double value) {
    return w->run == 0 ? value : at_the_end_of_range(w, op, a, b, value);
}

/* ---- operators ---- */

static void leaf(const walk *w, const l2osr__node *n, int step, double *out) {
    const scene *s = w->scene;
    size_t at = 0;
    for (size_t group = 0; group < s->groups; group++)
        for (size_t i = 0; i < s->lengths[group]; i++, at++) {
            if (n->op == L2OSR__OP_CONST)
                out[at] = l2osr__node_value(n, w->expr->values, group);
            else if (n->a == L2OSR__INPUT_G)
                out[at] = s->g[step][at];
            else if (n->a == L2OSR__INPUT_X)
                out[at] = s->x[step][at];
            else if (n->a == L2OSR__INPUT_T)
                out[at] = step + 1;
            else if (n->a == L2OSR__INPUT_LR)
                out[at] = s->lr[step] * s->lr_mult[group];
            else if (n->a == L2OSR__INPUT_WD)
                out[at] = s->wd[step] * s->wd_mult[group];
            else
                out[at] = NAN; /* the update itself: only its past is read */
        }
}

bool is_feedback(const l2osr__node *n) {
    return n->op == L2OSR__OP_VAR && n->a == L2OSR__INPUT_UPDATE;
}

static void lag(const walk *w, const l2osr__node *n, int step, double *out) {
    const int32_t source = is_feedback(&w->expr->nodes[n->a]) ? w->expr->root : n->a;
    for (size_t i = 0; i < w->scene->size; i++)
        out[i] = past(w, source, step - n->lag, i);
}

static double larger(double a, double b) {
    return isnan(a) || isnan(b) ? NAN : a > b ? a : b;
}

static void memory(walk *w, int32_t node, int step, double *out) {
    const l2osr__node *n = &w->expr->nodes[node];
    for (size_t i = 0; i < w->scene->size; i++) {
        const double a = shaken(w, row(w, n->a, step)[i]), beta = shaken(w, row(w, n->b, step)[i]);
        const double s = shaken(w, past(w, node, step - 1, i));
        const double decayed = settled(w, L2OSR__OP_MUL, beta, s, beta * s);
        const double gain = n->op == L2OSR__OP_EMA ? 1 - beta : 1;
        const double added = settled(w, L2OSR__OP_MUL, gain, a, gain * a);
        const double sum = n->op == L2OSR__OP_DMAX ? larger(decayed, a) : decayed + added;
        out[i] = settled(w, L2OSR__OP_ADD, decayed, added, sum);
    }
}

/* The sum of a group, or of its squares. */
static double plain_sum(walk *w, size_t n, const double *a, bool squares) {
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const double one = shaken(w, a[i]);
        const double term = squares ? settled(w, L2OSR__OP_SQUARE, one, one, one * one) : one;
        sum = shaken(w, settled(w, L2OSR__OP_ADD, sum, term, sum + term));
    }
    return sum;
}

/* In blocks and pieces of the library's size, each in the order of the kernel. */
static double library_sum(size_t n, const double *a, bool squares) {
    enum { BLOCK = L2OSR__REDUCE_BLOCK, PIECE = L2OSR__BLOCK_BYTES / sizeof(double) };
    const l2osr__kernels_f64 *k = &l2osr__kernels_f64_baseline;
    double sum = 0;
    for (size_t start = 0; start < n; start += BLOCK) {
        const size_t end = start + BLOCK < n ? start + BLOCK : n;
        double block = 0;
        for (size_t at = start; at < end; at += PIECE) {
            const size_t piece = end - at < PIECE ? end - at : PIECE;
            block += squares ? k->sum_squares(piece, a + at) : k->sum(piece, a + at);
        }
        sum += block;
    }
    return sum;
}

static double reduce_group(walk *w, uint8_t op, size_t n, const double *a, bool scalar) {
    const bool squares = op != L2OSR__OP_MEAN;
    if (w->exact && scalar)
        return op == L2OSR__OP_MEAN ? a[0]
                                    : fabs(a[0]) * (op == L2OSR__OP_NORM ? sqrt((double)n) : 1);
    double sum = w->exact ? library_sum(n, a, squares) : plain_sum(w, n, a, squares);
    if (op != L2OSR__OP_NORM)
        sum /= (double)n;
    return squares ? sqrt(sum) : sum;
}

static void reduction(walk *w, const l2osr__node *n, int step, double *out) {
    const scene *s = w->scene;
    const double *a = row(w, n->a, step);
    for (size_t group = 0, at = 0; group < s->groups; at += s->lengths[group++]) {
        if (s->lengths[group] == 0)
            continue;
        const double value = reduce_group(w, n->op, s->lengths[group], a + at, w->scalar[n->a]);
        for (size_t i = 0; i < s->lengths[group]; i++)
            out[at + i] = value;
    }
}

/* x^2 and x^3 are products. */
static uint8_t op_of(const walk *w, const l2osr__node *n) {
    const l2osr__node *exponent = n->b >= 0 ? &w->expr->nodes[n->b] : NULL;
    if (n->op != L2OSR__OP_POWER || exponent->op != L2OSR__OP_CONST || exponent->tunable ||
        exponent->b > 0)
        return n->op;
    return exponent->value == 2 ? L2OSR__OP_SQUARE : exponent->value == 3 ? L2OSR__OP_CUBE : n->op;
}

/* What cancels is nothing in odd runs, and next to nothing in even ones. */
static double cancelled(walk *w, const l2osr__node *n, int step, size_t i, double value) {
    const double a = row(w, n->a, step)[i], b = n->b >= 0 ? row(w, n->b, step)[i] : 1;
    const bool cancels = (n->op == L2OSR__OP_SUB && a == b) || (n->op == L2OSR__OP_ADD && a == -b);
    return !cancels ? value : w->run % 2 ? 0 : either(w, fabs(value) + DBL_EPSILON * fabs(a));
}

/* A whole exponent is what it is: next to it a power of a negative number is none. */
static double shaken_second(walk *w, uint8_t op, double b) {
    return op == L2OSR__OP_POWER && b == floor(b) ? b : shaken(w, b);
}

static void plain(walk *w, const l2osr__node *n, int step, double *out) {
    static double a[LARGE_SIZE], b[LARGE_SIZE];
    const l2osr__kernels_f64 *k = &l2osr__kernels_f64_baseline;
    const uint8_t op = op_of(w, n);
    const bool two = l2osr__ops[op].arity == 2;
    const size_t size = w->scene->size;
    for (size_t i = 0; i < size; i++) {
        a[i] = shaken(w, row(w, n->a, step)[i]);
        b[i] = two ? shaken_second(w, op, row(w, n->b, step)[i]) : 1;
    }
    if (two)
        k->binary[l2osr__ops[op].kernel](size, out, a, b);
    else
        k->unary[l2osr__ops[op].kernel](size, out, a);
    for (size_t i = 0; i < size && w->run > 0; i++)
        out[i] = cancelled(w, n, step, i, settled(w, op, a[i], b[i], out[i]));
}

static void one_node(walk *w, int32_t i, int step) {
    const l2osr__node *n = &w->expr->nodes[i];
    switch (l2osr__ops[n->op].kind) {
    case L2OSR__KIND_LEAF:
        leaf(w, n, step, row(w, i, step));
        break;
    case L2OSR__KIND_LAG:
        lag(w, n, step, row(w, i, step));
        break;
    case L2OSR__KIND_MEMORY:
        memory(w, i, step, row(w, i, step));
        break;
    case L2OSR__KIND_REDUCE:
        reduction(w, n, step, row(w, i, step));
        break;
    default:
        plain(w, n, step, row(w, i, step));
    }
}

/* ---- all of it ---- */

static bool is_scalar(const walk *w, const l2osr__node *n) {
    if (n->op == L2OSR__OP_VAR)
        return n->a == L2OSR__INPUT_T || n->a == L2OSR__INPUT_LR || n->a == L2OSR__INPUT_WD;
    if (n->op == L2OSR__OP_CONST || l2osr__ops[n->op].kind == L2OSR__KIND_REDUCE)
        return true;
    return w->scalar[n->a] && (l2osr__ops[n->op].arity == 1 || w->scalar[n->b]);
}

static void run(walk *w, const l2osr__expr *expr, const scene *s, int number, bool exact) {
    must(expr->count <= WALK_NODES, "%d nodes", expr->count);
    w->expr = expr;
    w->scene = s;
    w->run = number;
    w->exact = exact;
    w->noise = 88172645463325252ull + (uint64_t)number;
    for (int32_t i = 0; i < expr->count; i++)
        w->scalar[i] = is_scalar(w, &expr->nodes[i]);
    for (int step = 0; step < LAW_STEPS; step++)
        for (int32_t i = 0; i < expr->count; i++)
            one_node(w, i, step);
}

void walk_all(walk *w, const l2osr__expr *expr, const scene *s) {
    run(w, expr, s, 0, false);
}

void walk_exact(walk *w, const l2osr__expr *expr, const scene *s) {
    run(w, expr, s, 0, true);
}

void walk_noisy(walk *w, const l2osr__expr *expr, const scene *s, int number) {
    run(w, expr, s, number, false);
}

bool walk_finite(const walk *w) {
    for (int32_t i = 0; i < w->expr->count; i++)
        for (int step = 0; step < LAW_STEPS && !is_feedback(&w->expr->nodes[i]); step++)
            for (size_t k = 0; k < w->scene->size; k++)
                if (!isfinite(row(w, i, step)[k]))
                    return false;
    return true;
}
