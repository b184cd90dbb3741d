/* SPDX-License-Identifier: MIT */
/**
 * @file emit.h
 * What the writers of other languages share. All but LaTeX and SymPy, which show a rule as it is
 * written, write the form that runs as one statement a node.
 */
#ifndef L2OSR_RULE_EMIT_H
#define L2OSR_RULE_EMIT_H

#include "expr/template.h"
#include "l2osr/emit.h"
#include "rule/form.h"

/** A text on its way. */
typedef struct l2osr__emitter {
    l2osr__text *text;
    const l2osr_rule *rule;
    const char *name;
    bool wide; /* f64 */
} l2osr__emitter;

/** Room for whatever stands for an operand: a name or a number, with an index or a cast. */
enum { L2OSR__OPERAND_SIZE = 96 };

/** How a language writes numbers. */
typedef struct l2osr__number_style {
    const char *infinite;
    bool point; /* whole numbers have one too: their division would not be that of numbers */
} l2osr__number_style;

/** The text of a number; a negative one is in brackets. */
void l2osr__emit_number(char out[L2OSR__OPERAND_SIZE], const l2osr__number_style *style,
                        double value);

/**
 * A name of a node that no other has and that is no word of any language: that of its `let` with an
 * underscore behind it, else v and its number; inputs have their own.
 */
void l2osr__emit_name(const l2osr__expr *expr, int32_t node, char out[L2OSR__OPERAND_SIZE]);

/** Whether a node has a `let`. */
bool l2osr__emit_named(const l2osr__expr *expr, int32_t node);

/** Whether a node is a number that is written where it is used. */
bool l2osr__emit_literal(const l2osr__expr *expr, int32_t node);

/** The values of a per-group constant, with commas. */
void l2osr__emit_values(l2osr__text *text, const l2osr__expr *expr, int32_t node,
                        const l2osr__number_style *style);

/**
 * Place among planes or cells of the value that a node had `lag` steps ago, as text: a number, or a
 * sum in brackets with the turn of the ring, for which `cast` is written.
 */
void l2osr__emit_turn(const l2osr__program *program, int32_t node, int32_t lag, const char *cast,
                      char *out, size_t size);

/** Writes the text of the rule with `margin` before each line. */
void l2osr__emit_rule_text(const l2osr__emitter *e, const char *margin);

/** What one pass over the parameters does with each node. */
typedef struct l2osr__emit_pass {
    uint8_t computed[L2OSR__MAX_NODES];
    uint8_t used[L2OSR__MAX_NODES]; /* by others, by what is added up or kept, or by the step */
} l2osr__emit_pass;

/** Fills the passes of a rule, program->passes for reductions and the last one. */
l2osr_status l2osr__emit_passes(const l2osr_rule *rule, l2osr__emit_pass *passes);

/** The writers. Text that failed is reported by whoever takes it. */
l2osr_status l2osr__emit_c(const l2osr__emitter *e);
l2osr_status l2osr__emit_cuda(const l2osr__emitter *e);
l2osr_status l2osr__emit_torch(const l2osr__emitter *e);
l2osr_status l2osr__emit_latex(const l2osr__emitter *e);
l2osr_status l2osr__emit_sympy(const l2osr__emitter *e);

#endif
