/* SPDX-License-Identifier: MIT */
/**
 * @file expr.h
 * Expressions over time: an array of nodes in which operands come before their users. A tree in
 * postfix order is the special case in which every node is used once; `let` names make nodes that
 * are shared.
 */
#ifndef L2OSR_EXPR_EXPR_H
#define L2OSR_EXPR_EXPR_H

#include "base/text.h"
#include "expr/function.h"
#include "expr/op.h"

enum {
    L2OSR__MAX_NODES = 1024, /* of one expression */
    L2OSR__MAX_LAG = 4096,
    L2OSR__MAX_WINDOW = 64,    /* steps of wsum() */
    L2OSR__MAX_VALUES = 65536, /* of all per-group constants of an expression */
    L2OSR__NAME_SIZE = 32      /* of a name, with its terminator */
};

/** The name of the sum of the last steps, which is written out when it is read. */
#define L2OSR__WSUM "wsum"

typedef struct l2osr__node {
    uint8_t op;      /* l2osr__opcode */
    uint8_t tunable; /* of a constant: marked with ~ */
    /* Of L2OSR__OP_LAG, at least 1; of a call the number of its function; of a sum that a schedule
     * was written out as its knots (expr/schedule.h). */
    uint16_t lag;
    /* Operands; -1 for none. Of L2OSR__OP_VAR: a is the input's number. Of a per-group constant: b
     * is the number of its values, which begin at number a of the expression's list. */
    int32_t a, b;
    uint16_t line, column; /* of a function's name in the text; 0: not known */
    double value;          /* of L2OSR__OP_CONST: of the first group */
} l2osr__node;

typedef struct l2osr__let {
    char name[L2OSR__NAME_SIZE];
    int32_t node;
} l2osr__let;

/** Names of the inputs and functions an expression may use. */
typedef struct l2osr__symbols {
    const char *const *names;
    const uint8_t *scalar; /* non-zero for inputs that are one number a step; NULL: none is */
    size_t count;
    int32_t feedback; /* number of the input that is the expression's own past; 0: there is none */
    const l2osr__function *functions;
    size_t n_functions;
} l2osr__symbols;

typedef struct l2osr__expr {
    l2osr_context *ctx;
    l2osr__node *nodes;
    l2osr__let *lets;
    double *values; /* of per-group constants */
    int32_t count, capacity;
    int32_t let_count, let_capacity;
    int32_t value_count, value_capacity;
    int32_t root; /* the update; -1 when there is none */
} l2osr__expr;

/** Makes an empty expression; `expr` must be freed with l2osr__expr_clear() even after failures. */
void l2osr__expr_init(l2osr__expr *expr, l2osr_context *ctx);
void l2osr__expr_clear(l2osr__expr *expr);
l2osr_status l2osr__expr_copy(l2osr__expr *out, const l2osr__expr *expr);

/** Appends a node and writes its index to *index. #L2OSR_ERANGE past L2OSR__MAX_NODES. */
l2osr_status l2osr__expr_add(l2osr__expr *expr, l2osr__node node, int32_t *index);

/** Appends a value of a per-group constant. #L2OSR_ERANGE past L2OSR__MAX_VALUES. */
l2osr_status l2osr__expr_add_value(l2osr__expr *expr, double value);

/** Number of values of a constant: 1, or those of its list. */
int32_t l2osr__node_values(const l2osr__node *node);

/** Value number `index` of a constant; past its list that of the last. */
double l2osr__node_value(const l2osr__node *node, const double *values, size_t index);

/** Whether a node is one number a step, given that of its operands in scalar[nodes]. */
bool l2osr__node_is_scalar(const l2osr__node *node, const l2osr__symbols *symbols,
                           const uint8_t *scalar);

/**
 * How many steps a node adds up as wsum(e, n) does, which is e + e[1] + ... + e[n - 1] with one
 * node for e, written to *of. 0: it does not, or the sum written out reads back as the same nodes,
 * as that of an input does.
 */
int l2osr__expr_window(const l2osr__expr *expr, int32_t node, int32_t *of);

/** Marks in reached[nodes], zero before, the nodes that the root needs. */
void l2osr__expr_reach(const l2osr__expr *expr, uint8_t *reached);

/** How long the text of node `root` is: operators, constants and inputs, each as often as it is
 * written. A lag of an input is one: x[3]. At most UINT32_MAX. */
uint32_t l2osr__expr_size(const l2osr__expr *expr, int32_t root);

/** Names node `node`; lets are kept in the order of definition. */
l2osr_status l2osr__expr_add_let(l2osr__expr *expr, const char *name, size_t length, int32_t node);

/** Node named by a let, or -1. */
int32_t l2osr__expr_find_let(const l2osr__expr *expr, const char *name, size_t length);

/** A line-by-line reading position, for messages that name line and column. */
typedef struct l2osr__source {
    const char *name; /* file name or other words for messages */
    const char *text;
} l2osr__source;

/**
 * Parses one expression (no lets) over `symbols` and makes it the root.
 * #L2OSR_EPARSE with "name: line L, column C: what was expected" on failure.
 */
l2osr_status l2osr__parse_expression(l2osr__expr *out, l2osr_context *ctx, l2osr__source source,
                                     const l2osr__symbols *symbols);

/**
 * The same for an expression over whatever names it has: they become its inputs, in the order in
 * which they come. *names lists them, for printing. Of `calls` only the functions count: they are
 * not taken as they come, since a misspelt operator would pass for one. Also after failures:
 * l2osr__expr_clear() `out` and l2osr__free() *names.
 */
l2osr_status l2osr__parse_open(l2osr__expr *out, const char ***names, l2osr_context *ctx,
                               l2osr__source source, const l2osr__symbols *calls);

/** What a rule file holds besides expressions. */
typedef struct l2osr__rule_header {
    double default_lr, default_wd; /* NaN when not given */
} l2osr__rule_header;

/** Parses a rule file: the header line, `let` lines, `default lr` and `default wd`, and the
 * `update` line if there is one. */
l2osr_status l2osr__parse_rule(l2osr__expr *out, l2osr__rule_header *header, l2osr_context *ctx,
                               l2osr__source source, const l2osr__symbols *symbols);

/** Parses `let` lines alone, without a header, and adds them to those of `expr`. */
l2osr_status l2osr__parse_lets(l2osr__expr *expr, l2osr__source source,
                               const l2osr__symbols *symbols);

/** Writes node `root` as text that parses back to the same nodes. Lets are written by name. */
void l2osr__print_node(l2osr__text *text, const l2osr__expr *expr, int32_t root,
                       const l2osr__symbols *symbols);

/** The same with functions for infix operators, as PySR writes: plus(a, b) for a + b. Of "^" there
 * is none. */
void l2osr__print_calls(l2osr__text *text, const l2osr__expr *expr, int32_t root,
                        const l2osr__symbols *symbols);

/** Called with the label of a node and how many operands follow; other than 0 ends the walk. */
typedef int (*l2osr__visitor)(void *user, const char *label, size_t operands);

/** Shows a visitor the nodes that l2osr__print_node() writes, each before its operands, which come
 * in their order. Labels are those of l2osr_rule_walk(). #L2OSR_ECALLBACK, #L2OSR_ENOMEM. */
l2osr_status l2osr__walk_node(const l2osr__expr *expr, int32_t root, const l2osr__symbols *symbols,
                              l2osr__visitor visit, void *user);

/** Writes a let as a line; earlier lets are written by name. */
void l2osr__print_let(l2osr__text *text, const l2osr__expr *expr, int32_t index,
                      const l2osr__symbols *symbols);

/** Writes a whole rule file. */
void l2osr__print_rule(l2osr__text *text, const l2osr__expr *expr, const l2osr__rule_header *header,
                       const l2osr__symbols *symbols);

/** Writes node `root` as LaTeX; lets are written by name. */
void l2osr__print_latex(l2osr__text *text, const l2osr__expr *expr, int32_t root,
                        const l2osr__symbols *symbols);

/** Writes a let as a line of aligned equations. */
void l2osr__print_latex_let(l2osr__text *text, const l2osr__expr *expr, const l2osr__let *let,
                            const l2osr__symbols *symbols);

#endif
