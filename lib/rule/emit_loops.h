/* SPDX-License-Identifier: MIT */
/** @file emit_loops.h C and CUDA: the same statements between different words. */
#ifndef L2OSR_RULE_EMIT_LOOPS_H
#define L2OSR_RULE_EMIT_LOOPS_H

#include "rule/emit.h"

/**
 * The words of a dialect: templates. %1$s is the name; of a text for a sum %2$s is its number.
 * Pairs are for passes that move parameters and for passes that add up.
 */
typedef struct l2osr__dialect {
    const char *file;      /* what comes before all functions */
    const char *sum;       /* a function for sums, of rules that have any */
    const char *pass;      /* what a function over the parameters begins with */
    const char *restricts; /* a pointer that is the only one to what it points at */
    const char *loop[2], *margin[2], *end[2];
    const char *sum_begin, *sum_add, *sum_end;  /* of one sum */
    const char *call[2];                        /* of a pass, up to its arguments and behind them */
    const char *sums;                           /* argument that receives sums */
    const char *setup;                          /* the functions around a state */
    const char *step;                           /* the step up to its statements */
    const char *group, *cells, *planes, *count; /* what is needed of the state, there */
    const char *step_end;
} l2osr__dialect;

typedef struct l2osr__loops {
    const l2osr__emitter *e;
    const l2osr__dialect *dialect;
    const l2osr__program *program;
    const l2osr__expr *form;
    l2osr__emit_pass *passes;
    const char *real;
    char header[24], planes[24], cells[24], reductions[24]; /* sizes, as operands of templates */
} l2osr__loops;

/** Appends a template of the dialect with further operands; NULL for none. */
void l2osr__loops_fill(const l2osr__loops *w, const char *template, const char *a, const char *b,
                       const char *c);

/** What stands for an operand in a number of the step, or in a loop over parameters. */
void l2osr__loops_operand(const l2osr__loops *w, int32_t node, bool in_loop,
                          char out[L2OSR__OPERAND_SIZE]);

/** Writes the statement of a node; `kept` is the place of a memory, whose value needs no name if
 * only later steps read it. */
void l2osr__loops_statement(const l2osr__loops *w, int32_t node, bool in_loop, const char *kept,
                            bool named);

/** Writes the function of a pass. */
void l2osr__loops_pass(const l2osr__loops *w, int32_t pass);

/** Writes the parameters of that function, or the arguments of its call. */
void l2osr__loops_parameters(const l2osr__loops *w, int32_t pass, bool call);

/** Writes the function that takes a step. */
void l2osr__loops_step(const l2osr__loops *w);

/** Writes a whole file. */
l2osr_status l2osr__loops_write(const l2osr__emitter *e, const l2osr__dialect *dialect);

#endif
