/* SPDX-License-Identifier: MIT */
/**
 * @file code.h
 * Code is the list of kernel calls that computes some nodes of a program for a block of
 * coordinates. Numbers of the step are arguments of kernels, common pairs of operations are one
 * call (with the same bits as two), and temporaries share registers.
 */
#ifndef L2OSR_EXPR_CODE_H
#define L2OSR_EXPR_CODE_H

#include "expr/program.h"

typedef enum l2osr__instruction_kind {
    L2OSR__RUN_FILL,         /* number r */
    L2OSR__RUN_UNARY,        /* f(a) */
    L2OSR__RUN_BINARY,       /* f(a, b) */
    L2OSR__RUN_BINARY_VS,    /* f(a, r) */
    L2OSR__RUN_BINARY_SV,    /* f(r, a) */
    L2OSR__RUN_EMA,          /* r s + (1 - r) a */
    L2OSR__RUN_EMA_SQUARE,   /* r s + (1 - r) a^2 */
    L2OSR__RUN_DSUM,         /* r s + a */
    L2OSR__RUN_DMAX,         /* max(r s, a) */
    L2OSR__RUN_MULADD,       /* a b + c */
    L2OSR__RUN_AFFINE,       /* r a + q */
    L2OSR__RUN_ADD_SCALED,   /* c + r a */
    L2OSR__RUN_QUOTIENT,     /* r (a / b) */
    L2OSR__RUN_ADD_QUOTIENT, /* c + r (a / b) */
    L2OSR__RUN_ROOT,         /* sqrt(r a) + q */
    L2OSR__RUN_CALL          /* a function of the caller; r is the operand that is a number */
} l2osr__instruction_kind;

typedef struct l2osr__instruction {
    uint8_t kind, kernel;
    int8_t r_sign, q_sign; /* with which the numbers enter */
    int32_t out, a, b, c;  /* nodes of vectors; -1 */
    int32_t r, q;          /* nodes of numbers; r is -1 where it stands for 1 */
} l2osr__instruction;

typedef struct l2osr__code {
    const l2osr__program *program;
    l2osr__instruction *list;
    int32_t *temp;   /* register of a node, reused after its last use; -1 */
    int32_t *moving; /* inputs, lags and memories it reads or writes: their places move by block */
    int32_t *kept;   /* nodes whose past is kept for each coordinate, in the order of keeping */
    int32_t count, temps, moving_count, kept_count;
    int32_t pass;
} l2osr__code;

/** What code is to compute. */
typedef struct l2osr__code_goal {
    const int32_t *roots;
    int32_t n_roots;
    int32_t pass; /* 0 .. program->passes: the last one also keeps the past of lagged nodes */
    bool fuse;    /* false: every node gets a value of its own, as reverse mode wants */
} l2osr__code_goal;

/** Allocates code for programs of up to `capacity` nodes; clear it even after a failure. */
l2osr_status l2osr__code_init(l2osr__code *code, l2osr_context *ctx, int32_t capacity);
void l2osr__code_clear(l2osr__code *code, l2osr_context *ctx);

/**
 * Compiles. Allocates nothing.
 * @param done nodes with memory that code of an earlier pass computes, and will have computed after
 *             this one: [nodes], zero before the first pass; NULL when there is one pass only
 */
void l2osr__code_build(l2osr__code *code, const l2osr__program *program,
                       const l2osr__code_goal *goal, uint8_t *done);

/** A program with the code that runs it, for expressions of one pass. */
typedef struct l2osr__routine {
    l2osr__program program;
    l2osr__code code;
} l2osr__routine;

/** Makes both. #L2OSR_EUNSUPPORTED for reductions over coordinates. Clear it after failures too. */
l2osr_status l2osr__routine_init(l2osr__routine *routine, l2osr_context *ctx,
                                 const l2osr__program_source *source);
void l2osr__routine_clear(l2osr__routine *routine, l2osr_context *ctx);

/**
 * Runs code for n coordinates. value[node] points to n numbers: inputs and lags to be read, memories
 * and temporaries to be written. before[node] is a memory's previous value (may be value[node]).
 */
#define L2OSR__CODE(T, SUFFIX)                                                                     \
    void l2osr__code_run_##SUFFIX(const l2osr__code *code, const l2osr__kernels_##SUFFIX *kernels, \
                                  size_t n, const double *numbers, T *const *value,                \
                                  T *const *before)

L2OSR__CODE(float, f32);
L2OSR__CODE(double, f64);

#endif
