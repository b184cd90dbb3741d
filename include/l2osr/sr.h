/* SPDX-License-Identifier: MIT */
/**
 * @file sr.h
 * Symbolic regression: a search for short formulas that map the inputs of samples to their target.
 * The result is a front: for each complexity (number of nodes) the most accurate formula found.
 * Trajectories are searched over time: lags `x[3]` and averages `ema(x, 0.9)` of inputs count as
 * one node each.
 *
 * Thread-safety: a search belongs to one thread at a time; a front may be read by any number.
 */
#ifndef L2OSR_SR_H
#define L2OSR_SR_H

#include "l2osr/data.h"

L2OSR_BEGIN_DECLS

typedef struct l2osr_sr l2osr_sr;       /**< Opaque search. */
typedef struct l2osr_front l2osr_front; /**< Opaque front. */

/** Options of l2osr_sr_create(); zero means the default. */
struct l2osr_sr_options {
    size_t struct_size;    /**< sizeof(struct l2osr_sr_options) */
    const char *operators; /**< names with blanks between, such as "+ * tanh"; NULL: the paper's */
    unsigned islands;      /**< populations that evolve side by side; default 8 */
    unsigned population;   /**< members of an island; default 64 */
    unsigned max_complexity; /**< largest number of nodes; default 30, at most 100 */
    unsigned max_lag;        /**< lags of inputs that may be used, 0 .. 64; default 0: none */
    const double *decays;    /**< decays of ema() over inputs that may be used; NULL for none */
    size_t n_decays;         /**< their number */
    uint64_t evaluations;    /**< candidates to score; default 200000. Fixes the result */
    double seconds;    /**< stop earlier after this time; 0: no limit. The result then varies */
    double validation; /**< part of the trajectories kept apart; default 0.25 */
    size_t max_rows;   /**< rows to fit on, drawn at random; default 8192 */
    uint64_t seed;     /**< of the search */
};
typedef struct l2osr_sr_options l2osr_sr_options;

/** Static initialiser of #l2osr_sr_options. */
#define L2OSR_SR_OPTIONS_INIT                                                                      \
    { sizeof(struct l2osr_sr_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_sr_options_init(l2osr_sr_options *o, size_t size);

/**
 * A function of yours that formulas can call. Its values may depend on the operands only; all of it
 * must stay while it is used. The callbacks run on several threads at the same time.
 */
struct l2osr_sr_function {
    size_t struct_size; /**< sizeof(struct l2osr_sr_function) */
    const char *name;   /**< letters, digits and '_', no digit first, at most 31; no operator's name */
    unsigned arity;     /**< operands: 1 or 2 */
    /** Its value; b is 0 when there is one operand. Required. */
    double (*value)(void *user, double a, double b);
    /** The values of n rows; `out` overlaps neither operand, b is NULL when there is one operand.
        NULL: `value` of each. */
    void (*block)(void *user, size_t n, float *out, const float *a, const float *b);
    /** Its derivative by operand 0 or 1. NULL: by central differences of `value`. */
    double (*slope)(void *user, double a, double b, unsigned operand);
    void *user; /**< first argument of the callbacks */
};
typedef struct l2osr_sr_function l2osr_sr_function;

/** Static initialiser of #l2osr_sr_function. */
#define L2OSR_SR_FUNCTION_INIT                                                                     \
    { sizeof(struct l2osr_sr_function), 0, 0, 0, 0, 0, 0 }

/** Fills `f` with zeros and its size. */
L2OSR_API void l2osr_sr_function_init(l2osr_sr_function *f, size_t size);

/**
 * Prepares a search. The samples are copied as needed.
 * @return #L2OSR_OK, #L2OSR_EINVAL (constant target, too few rows), #L2OSR_ENONFINITE (names the
 * place), #L2OSR_ENOTFOUND (operator), #L2OSR_ERANGE, #L2OSR_ENOMEM, #L2OSR_E2BIG
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_sr_create(l2osr_sr **out, l2osr_context *ctx,
                                                       const l2osr_samples *samples,
                                                       const l2osr_sr_options *options);

/** Frees a search. NULL is allowed. */
L2OSR_API void l2osr_sr_free(l2osr_sr *sr);

/**
 * Searches until the budget is spent. Same seed and options: the same front, bit for bit, for any
 * number of threads (without a time limit). Stage "distil" of the progress callback; best is R2 on
 * the fitted rows.
 * @return #L2OSR_ECANCELED when stopped: the front so far is there all the same
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_sr_run(l2osr_sr *sr);

/** Copies the front of a search; free with l2osr_front_free(). */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_sr_front(const l2osr_sr *sr, l2osr_front **out);

/** One formula of a front. */
struct l2osr_formula {
    unsigned complexity;  /**< nodes */
    double mse;           /**< mean squared error on all rows of the training trajectories */
    double r2_train;      /**< R2 on them */
    double r2_validation; /**< R2 on the trajectories kept apart; NaN when there are none */
    const char *equation; /**< text over the names of the samples; borrowed from the front */
};
typedef struct l2osr_formula l2osr_formula;

L2OSR_API size_t l2osr_front_size(const l2osr_front *front); /**< Number of formulas. */
/** Formula `index`, in order of complexity and falling error; NULL when out of range. */
L2OSR_API const l2osr_formula *l2osr_front_get(const l2osr_front *front, size_t index);

/**
 * The recommended formula: the simplest whose validation R2 (training R2 when there is none) is
 * within `tolerance` of the largest, such as 0.01.
 */
L2OSR_API size_t l2osr_front_recommend(const l2osr_front *front, double tolerance);

/** Writes complexity,mse,r2_train,r2_validation,equation as CSV, atomically. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_front_save(const l2osr_front *front, const char *path);

/** Frees a front. NULL is allowed. */
L2OSR_API void l2osr_front_free(l2osr_front *front);

L2OSR_END_DECLS

#endif
