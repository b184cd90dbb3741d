/* SPDX-License-Identifier: MIT */
/** @file op.h The operator table: one row an operator, used by parser, printers, programs, exports
 * and search. */
#ifndef L2OSR_EXPR_OP_H
#define L2OSR_EXPR_OP_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/** Leaves first, then operators with memory, reductions, infix operators, functions; what has a name
 * of its own ends at L2OSR__OP_CALL1. */
typedef enum l2osr__opcode {
    L2OSR__OP_CONST, /* a number, or one for each parameter group */
    L2OSR__OP_VAR,   /* an input */
    L2OSR__OP_LAG,   /* the value some steps ago */
    L2OSR__OP_EMA,   /* s = beta s + (1 - beta) e, from 0 */
    L2OSR__OP_DSUM,  /* s = beta s + e, from 0 */
    L2OSR__OP_DMAX,  /* s = max(beta s, e), from 0 */
    L2OSR__OP_MEAN,  /* over the parameters of a group */
    L2OSR__OP_RMS,
    L2OSR__OP_NORM,
    L2OSR__OP_ADD,
    L2OSR__OP_SUB,
    L2OSR__OP_MUL,
    L2OSR__OP_DIV,
    L2OSR__OP_POWER,
    L2OSR__OP_NEG,
    L2OSR__OP_GREATER,
    L2OSR__OP_POWM,
    L2OSR__OP_MIN,
    L2OSR__OP_MAX,
    L2OSR__OP_CLIP,
    L2OSR__OP_RELU,
    L2OSR__OP_EXP,
    L2OSR__OP_TANH,
    L2OSR__OP_SINH,
    L2OSR__OP_ASINH,
    L2OSR__OP_ERFC,
    L2OSR__OP_SQUARE,
    L2OSR__OP_CUBE,
    L2OSR__OP_ABS,
    L2OSR__OP_SIGN,
    L2OSR__OP_LOG,
    L2OSR__OP_LOGM,
    L2OSR__OP_LOG1P,
    L2OSR__OP_SQRT,
    L2OSR__OP_SQRTM,
    L2OSR__OP_SIGMOID,
    L2OSR__OP_ELU,
    L2OSR__OP_SOFTSIGN,
    L2OSR__OP_ATAN,
    L2OSR__OP_SIN,
    L2OSR__OP_COS,
    L2OSR__OP_CALL1, /* a function of the caller (expr/function.h), of one operand */
    L2OSR__OP_CALL2, /* and of two */
    L2OSR__OP_COUNT
} l2osr__opcode;

/** Binding strengths of infix notation; a larger number binds tighter. */
enum {
    L2OSR__BIND_SUM = 1,
    L2OSR__BIND_PRODUCT = 2,
    L2OSR__BIND_PREFIX = 3,
    L2OSR__BIND_POWER = 4,
    L2OSR__BIND_CALL = 5
};

/** What an operator does beside arithmetic on the values of one coordinate at one step. */
typedef enum l2osr__op_kind {
    L2OSR__KIND_LEAF,
    L2OSR__KIND_LAG,
    L2OSR__KIND_MEMORY, /* keeps a number from step to step; the second operand is its decay */
    L2OSR__KIND_REDUCE, /* one number a parameter group */
    L2OSR__KIND_PLAIN
} l2osr__op_kind;

/** What rewriting may use. */
enum {
    L2OSR__TRAIT_COMMUTATIVE = 1, /* f(a, b) is f(b, a) */
    L2OSR__TRAIT_ODD = 2,         /* f(-a) is -f(a), to the last bit */
    L2OSR__TRAIT_EVEN = 4,        /* f(-a) is f(a) */
    L2OSR__TRAIT_IDEMPOTENT = 8   /* f(f(a)) is f(a) */
};

typedef struct l2osr__op {
    const char *name;  /* function name, or the infix symbol */
    const char *alias; /* the paper's name where it differs, or NULL */
    const char *latex; /* printf format with one %s for each operand */
    /* The value in other languages, as templates (expr/template.h). Of C: @ is the suffix of the
     * type's mathematical functions, REAL the type; operands are names or literals. Of a memory the
     * third operand is what it keeps. In C a reduction's are a sum (of squares, but of the mean),
     * and how many were added. */
    const char *c, *torch, *sympy;
    uint8_t arity;
    uint8_t kind;    /* l2osr__op_kind */
    uint8_t kernel;  /* index into the kernel tables */
    uint8_t binding; /* L2OSR__BIND_* */
    uint8_t traits;  /* L2OSR__TRAIT_* */
} l2osr__op;

extern const l2osr__op l2osr__ops[L2OSR__OP_COUNT];

/** Opcode of a function name or alias of `length` bytes; L2OSR__OP_COUNT when there is none. */
l2osr__opcode l2osr__op_find(const char *name, size_t length);

/** Whether a node calls a function of the caller: only that knows its value. */
static inline bool l2osr__op_is_call(int op) {
    return op == L2OSR__OP_CALL1 || op == L2OSR__OP_CALL2;
}

/** Value of a plain operator of numbers, with the bits of the f64 kernels; b only where it has two.
 * NaN for a call. */
double l2osr__op_compute(l2osr__opcode op, double a, double b);

#endif
