/* SPDX-License-Identifier: MIT */
/**
 * @file laws.h
 * Laws that hold for every rule, tried on random ones. $L2OSR_LAWS is the number of expressions for
 * each law (100000 when it is not set): less under valgrind and sanitizers, more overnight.
 */
#ifndef TESTS_LAWS_LAWS_H
#define TESTS_LAWS_LAWS_H

#include "base/rng.h"
#include "rule/rule.h"
#include "support.h"

TCase *text_laws(void);
TCase *engine_laws(void);
TCase *simplify_laws(void);
TCase *gradient_laws(void);
TCase *invariance_laws(void);
TCase *reshape_laws(void);

/** Check tells its parent of every assertion; in loops as hot as these only failures are worth it.
 */
#define must(condition, ...)                                                                       \
    do {                                                                                           \
        if (!(condition))                                                                          \
            ck_abort_msg(__VA_ARGS__);                                                             \
    } while (0)

#define must_work(expression, ctx)                                                                 \
    must((expression) == L2OSR_OK, "%s: %s", #expression, l2osr_context_errmsg(ctx))

/** Every law is a loop test of that many parts, each with a seed of its own. */
enum { LAW_PARTS = 10 };

/** Expressions for each part of a law that is tried on `usual` of them by default. */
int law_count(int usual);

/* ---- random expressions ---- */

/** What a random expression may hold. */
typedef struct mixture {
    bool any_constant; /* all finite doubles, not only such as people write */
    bool any_decay;    /* of a memory, which can be read but not run */
    bool reductions;
    bool smooth; /* mostly operators that have derivatives, and are differentiated rightly */
    bool tame;   /* only values that stay finite for long */
} mixture;

/**
 * Makes the nodes of a random rule in the order in which the parser makes them: up to two lets and
 * an update of at most `budget` nodes each. Clear it.
 */
void random_rule(l2osr__expr *out, l2osr_context *ctx, l2osr__rng *rng, int budget, mixture mix);

/** A random rule, ready to run; NULL when it has more reduction passes than there may be. */
l2osr_rule *random_parsed(l2osr_context *ctx, l2osr__rng *rng, int budget, mixture mix);

/** The text of a rule with those nodes; free it with l2osr__free(). */
char *text_of(const l2osr__expr *expr);

/* ---- what a rule is run on ---- */

enum { MAX_GROUPS = 4, LAW_STEPS = 6, SMALL_SIZE = 16, LARGE_SIZE = 4224, WALK_NODES = 160 };

/** Parameters in groups, with their gradients and values at each step. */
typedef struct scene {
    size_t groups, size;
    size_t lengths[MAX_GROUPS];
    bool scaled; /* whether the multipliers are given at all */
    double lr_mult[MAX_GROUPS], wd_mult[MAX_GROUPS];
    double lr[LAW_STEPS], wd[LAW_STEPS];
    double g[LAW_STEPS][LARGE_SIZE], x[LAW_STEPS][LARGE_SIZE];
} scene;

/** Some groups, of which one may be empty; `large`: and one that is longer than 4096. */
void random_scene(scene *s, l2osr__rng *rng, bool large);

/** A stepper for the groups of a scene. */
l2osr_stepper *scene_stepper(const scene *s, l2osr_context *ctx, l2osr_rule *rule,
                             l2osr_dtype precision);

/** The arguments of step `step`, from 0. */
l2osr_step_args scene_args(const scene *s, int step);

/* ---- walking ---- */

/** Values of all nodes at all steps; before the first everything is zero. */
typedef struct walk {
    const l2osr__expr *expr;
    const scene *scene;
    double *values;          /* [nodes][steps][size] */
    bool scalar[WALK_NODES]; /* of each node: the same for all parameters of a group */
    bool exact;              /* sums are made in the pieces in which the library makes them */
    int run;                 /* 0: as it is; else every operand is off by as much as rounding is */
    uint64_t noise;
} walk;

walk *walk_new(void);
void walk_free(walk *w);

/** Computes all nodes from the definition of the language. */
void walk_all(walk *w, const l2osr__expr *expr, const scene *s);

/** The same, with sums to the bit as the library makes them. */
void walk_exact(walk *w, const l2osr__expr *expr, const scene *s);

/**
 * The same with every operand off by up to one unit in the last place; run = 1, 2, 3 ... Zeros
 * change their sign, what overflows or underflows does so in even runs only, poles are NaN in odd
 * ones and finite in even ones: what depends on any of that differs visibly from run to run.
 */
void walk_noisy(walk *w, const l2osr__expr *expr, const scene *s, int run);

/** Values of a node at a step from 0: [size]. */
const double *walk_values(const walk *w, int32_t node, int step);

/** Whether a node is the update itself, of which only the past has a value. */
bool is_feedback(const l2osr__node *node);

/** Whether every value of every node is finite. */
bool walk_finite(const walk *w);

/* ---- judging values up to rounding ---- */

enum { NOISY_RUNS = 6 };

/** What rounding does to the update of an expression. */
typedef struct spread {
    double value[LAW_STEPS][LARGE_SIZE];
    double off[LAW_STEPS][LARGE_SIZE]; /* farthest of the noisy runs; NaN: they disagree too much */
} spread;

void spread_of(spread *out, walk *w, const l2osr__expr *expr, const scene *s);

/** Gives up the values for which another form of the same expression leaves the range of numbers.
 */
void spread_limit(spread *out, walk *w, const l2osr__expr *form, const scene *s);

/** How many values were compared, and how many could not be. */
typedef struct tally {
    long rules, judged, skipped;
} tally;

/** Whether got[size] of a step is what a spread allows; *place is where it is not. */
bool spread_allows(const spread *wanted, const scene *s, int step, const double *got, tally *t,
                   size_t *place);

/** Fails with all there is to know about a difference. */
void report_difference(const char *law, const l2osr__expr *expr, const spread *wanted, int step,
                       size_t place, double got);

/** Fails when more than `most` of 1 was skipped: a law that judges nothing holds for nothing. */
void check_tally(const char *law, const tally *t, double most);

/* ---- one part of a law ---- */

/** What a part of a law about steps works with. */
typedef struct trial {
    l2osr_context *ctx; /* of one thread */
    l2osr__rng rng;
    walk *walk;
    scene scene;
    spread wanted;
    tally tally;
} trial;

trial *trial_new(uint64_t seed, int part);
void trial_free(trial *t);

#endif
