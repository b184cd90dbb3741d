/* SPDX-License-Identifier: MIT */
/**
 * @file function.h
 * Functions of the caller in expressions: what a node of L2OSR__OP_CALL1 or L2OSR__OP_CALL2 calls
 * is the one that its lag counts in a table. Rules have none.
 */
#ifndef L2OSR_EXPR_FUNCTION_H
#define L2OSR_EXPR_FUNCTION_H

#include "base/context.h"
#include "expr/op.h"

enum { L2OSR__MAX_FUNCTIONS = 256 };

/** Called from any thread, more than one at a time. */
typedef struct l2osr__function {
    const char *name;
    unsigned arity;                                  /* 1 or 2 */
    double (*value)(void *user, double a, double b); /* b is 0 of one operand */
    /* The same for n elements; out is none of the others, b is NULL of one operand. NULL: by value
     */
    void (*block)(void *user, size_t n, float *out, const float *a, const float *b);
    double (*slope)(void *user, double a, double b, unsigned operand); /* NULL: by differences */
    void *user;
} l2osr__function;

/** What texts can call: #L2OSR_EINVAL names what is wrong with which function. */
l2osr_status l2osr__functions_check(l2osr_context *ctx, const l2osr__function *functions,
                                    size_t count);

/** Opcode of a call of a function. */
l2osr__opcode l2osr__function_op(const l2osr__function *function);

/** Value of numbers; b only where there are two. */
double l2osr__function_value(const l2osr__function *function, double a, double b);

/**
 * Values of vectors: out[n] is none of the others. An operand that is NULL is the number r, b of
 * one operand is NULL.
 */
void l2osr__function_run_f32(const l2osr__function *function, size_t n, float *out, const float *a,
                             const float *b, float r);
void l2osr__function_run_f64(const l2osr__function *function, size_t n, double *out,
                             const double *a, const double *b, double r);

/** Adds what the adjoints d[n] of the values pass on to da[n] and, of two operands, to db[n]. */
void l2osr__function_reverse_f32(const l2osr__function *function, size_t n, float *da, float *db,
                                 const float *a, const float *b, const float *d);
void l2osr__function_reverse_f64(const l2osr__function *function, size_t n, double *da, double *db,
                                 const double *a, const double *b, const double *d);

#endif
