/* SPDX-License-Identifier: MIT */
/** @file op.h The operator table: one row an operator, used by parser, printers, programs and
 * search. */
#ifndef L2OSR_EXPR_OP_H
#define L2OSR_EXPR_OP_H

#include <stddef.h>
#include <stdint.h>

/** Leaves and operators with memory first, then infix operators, then functions. */
typedef enum l2osr__opcode {
    L2OSR__OP_CONST, /* a number */
    L2OSR__OP_VAR,   /* an input */
    L2OSR__OP_LAG,   /* the value some steps ago */
    L2OSR__OP_EMA,   /* ema(e, beta): s = beta s + (1 - beta) e, from 0 */
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
    L2OSR__OP_SQRT,
    L2OSR__OP_SQRTM,
    L2OSR__OP_SIGMOID,
    L2OSR__OP_ELU,
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

typedef struct l2osr__op {
    const char *name;  /* function name, or the infix symbol */
    const char *alias; /* the paper's name where it differs, or NULL */
    const char *latex; /* printf format with one %s for each operand */
    uint8_t arity;
    uint8_t kernel;  /* index into the kernel tables */
    uint8_t binding; /* L2OSR__BIND_* */
} l2osr__op;

extern const l2osr__op l2osr__ops[L2OSR__OP_COUNT];

/** Opcode of a function name or alias of `length` bytes; L2OSR__OP_COUNT when there is none. */
l2osr__opcode l2osr__op_find(const char *name, size_t length);

#endif
