/* SPDX-License-Identifier: MIT */
/**
 * @file sr.h
 * Symbolic regression: a search for short formulas that map the inputs of samples to their target.
 * The result is a front: for each complexity (number of nodes) the most accurate formula found.
 * Trajectories and windows are searched over time: a lag `x[3]` of an input is one node, and an
 * average `ema(x, 0.9)` three, whatever its decay. doc/symbolic-regression.md tells how the search
 * works, and how to read a front.
 *
 * Thread-safety: a search belongs to one thread at a time, and uses the threads of its context
 * inside. l2osr_front_size(), l2osr_front_get() and l2osr_front_recommend() may be called by any
 * number of threads while nobody changes the front; all other functions here are uses of the
 * context, which belongs to one thread at a time too (doc/threads.md).
 *
 * A function that returns a status, and is given NULL where that is not said to be allowed, returns
 * #L2OSR_EINVAL.
 */
#ifndef L2OSR_SR_H
#define L2OSR_SR_H

#include "l2osr/data.h"

L2OSR_BEGIN_DECLS

typedef struct l2osr_sr l2osr_sr;       /**< Opaque search. */
typedef struct l2osr_front l2osr_front; /**< Opaque front. */

/**
 * Options of l2osr_sr_create(). Zero means the default; where "off" is said, a negative number is
 * that. l2osr_sr_option() lists all numbers with their bounds and defaults, l2osr_sr_options_set()
 * sets a member by its name. What is a part is from 0 to 1.
 */
struct l2osr_sr_options {
    size_t struct_size; /**< sizeof(struct l2osr_sr_options) */
    /** Names with blanks or commas between, such as "+ * tanh"; NULL: the paper's. A complexity
        other than 1, at most 100, follows a colon: "exp:2"; those of ema, dsum and wsum too add to
        the 1 of their operand and the 1 of their parameter. ema, dsum and wsum (sums of the last
        steps) are allowed over inputs of trajectories and windows, and over their square, abs and
        sign if those are named too. Needed during l2osr_sr_create() only. */
    const char *operators;
    unsigned islands;        /**< populations that evolve side by side, 1 .. 256; default 8 */
    unsigned population;     /**< members of an island, 4 .. 4096; default 64 */
    unsigned max_complexity; /**< largest complexity; default 30, at most 250 */
    unsigned max_lag;        /**< lags of inputs of trajectories that may be used, 0 .. 64; default
                                  0: none. Windows have theirs as features */
    const double *decays;    /**< where decays begin, in [0, 1), which are then fitted; given with
                                  neither ema nor dsum in `operators` they allow ema. NULL: nine
                                  from 0.3 to 0.99 */
    size_t n_decays;         /**< their number, at most 64 */
    uint64_t evaluations;    /**< candidates to score, steps of fits among them; default 200000, or
                                  without limit when seconds are given. Fixes the result */
    double seconds;    /**< stop earlier after this time; 0: no limit. The result then varies. The
                            front is finished after it */
    double validation; /**< part of the trajectories kept apart, at most 0.95, one at least; default
                            0.2; off */
    size_t max_rows;   /**< rows to fit on, drawn at random, 8 at least; default 8192. Of those kept
                            apart at most half as many are looked at during the search */
    uint64_t seed;     /**< of the search, beside that of the context */
    const char *nesting; /**< limits of nesting among operators: "exp(exp):0 tanh(exp):1" is how
                            many of the inner one a path below the outer one may have, 0 .. 100;
                            NULL: none. Needed during l2osr_sr_create() only */
    double target_error; /**< stop when 1 - R2 is at most this on the rows fitted; default 0 */
    unsigned max_depth;  /**< largest depth of a formula; default 250: no limit */
    unsigned max_terms;  /**< most terms of a sum, 1 .. 48; default 48 */
    double warmup;       /**< part of the budget in which the largest complexity grows from 7 to
                              max_complexity; default 0 */
    unsigned tournament; /**< members that compete to breed, 1 .. 1000; default 12 */
    double parsimony;    /**< part of the error that max_complexity nodes must be worth in a
                              tournament, fewer in proportion; default 0.1; off */
    double adaptive;     /**< how much sizes that are frequent lose; default 2; off */
    double annealing;    /**< temperature: a child may be worse than its parent by about so much of
                              its error, less and less within an epoch; default 0.1; off: all
                              children live */
    unsigned immigrants; /**< members of the common fronts that move in after an epoch, at most
                            1000; default 8 */
    unsigned epoch;      /**< evaluations of an island between migrations, 10 .. 1000000; default
                              600 */
    double cross;        /**< part of the children that have two parents; default 0.15; off */
    double grow;         /**< part that grow by a term that fits; default 0.1; off */
    double fit;          /**< part whose constants are fitted; default 0.1; off */
    unsigned fit_steps;  /**< of Levenberg-Marquardt for a child, 1 .. 100; default 3 */
    unsigned pool;  /**< terms from which sums are chosen to begin with, at most 100000; default
                         1500; smaller when the budget is small */
    double links;   /**< part of later sums of that kind that are inside a function, such as
                         tanh; default 0.5; off: none are, nor at the beginning */
    double refresh; /**< chance of an island to choose such sums again, for each epoch; default
                         0.03; off */
    double weight_constant;    /**< how often mutation changes a constant, against the other
                                    weights; default 20; off, as all of them */
    double weight_operator;    /**< an operator; default 12 */
    double weight_terminal;    /**< a terminal; default 16 */
    double weight_insert;      /**< inserts an operator; default 17 */
    double weight_delete;      /**< deletes one; default 17 */
    double weight_subtree;     /**< replaces a subtree; default 15 */
    double weight_hoist;       /**< makes a subtree the whole; default 2 */
    double weight_rotate;      /**< rotates; default 3 */
    double weight_twin;        /**< splits powers in twins, the paper's mutation; default 2 */
    double weight_drop;        /**< drops a term; default 5 */
    double weight_randomize;   /**< makes a new tree; default 1 */
    const char *checkpoint;    /**< file for l2osr_sr_load() that l2osr_sr_run() writes from time to
                                    time and at its end; copied. NULL: none */
    double checkpoint_seconds; /**< how often; default 60, at least 0.1 */
    const struct l2osr_sr_function *const *functions; /**< functions of your own that formulas may
                                                           call, without being named in `operators`;
                                                           what they point to is kept by reference,
                                                           also by the fronts of the search */
    size_t n_functions;                               /**< their number, at most 256 */
    /** Receives the front so far, from time to time between epochs and once more at the end, on the
        calling thread: errors are those on the rows fitted, r2_validation is NaN, warnings are
        empty. Both are valid during the call only. Other than 0 stops the search. */
    int (*report)(void *user, const l2osr_front *front, const l2osr_progress *progress);
    void *report_user;     /**< first argument of `report` */
    double report_seconds; /**< how often; default 1, at least 0.01 */
};
typedef struct l2osr_sr_options l2osr_sr_options;

/** Static initialiser of #l2osr_sr_options. */
#define L2OSR_SR_OPTIONS_INIT                                                                      \
    {                                                                                              \
        sizeof(struct l2osr_sr_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,  \
            0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0  \
    }

/** Fills the first `size` bytes of `o` with defaults. Any thread. */
L2OSR_API void l2osr_sr_options_init(l2osr_sr_options *o, size_t size);

/** One of the numbers among the options. */
struct l2osr_sr_option_info {
    const char *name; /**< of the member */
    double least;     /**< lower bound; 0, which is the default, is allowed all the same */
    double most;      /**< upper bound */
    double preset;    /**< its default */
    int whole;        /**< it is a whole number */
    int can_be_off;   /**< a negative number turns it off */
};
typedef struct l2osr_sr_option_info l2osr_sr_option_info;

/** Number of options that are numbers. Any thread. */
L2OSR_API size_t l2osr_sr_option_count(void);

/** Option `index`; NULL when there is none. It lives as long as the library. Any thread. */
L2OSR_API const l2osr_sr_option_info *l2osr_sr_option(size_t index);

/**
 * Sets an option that is a number by its name. 0 is the default, a negative number off.
 * @return #L2OSR_OK, #L2OSR_ENOTFOUND (no such name), #L2OSR_ERANGE (the message tells the bounds,
 * or that it must be a whole number), #L2OSR_EINVAL (also when struct_size is not set)
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_sr_options_set(l2osr_sr_options *o, l2osr_context *ctx,
                                                            const char *name, double value);

/**
 * A function of yours that formulas can call. Its values may depend on the operands only; name,
 * user and callbacks must stay while the search or a front that it made is there. The callbacks run
 * on several threads at the same time. Its complexity is 1.
 */
struct l2osr_sr_function {
    size_t struct_size; /**< sizeof(struct l2osr_sr_function) */
    const char *name;   /**< letters, digits and '_', no digit first, at most 31; not that of an
                             operator or of another function */
    unsigned arity;     /**< operands: 1 or 2 */
    /** Its value; b is 0 when there is one operand. Required. */
    double (*value)(void *user, double a, double b);
    /** The values of n rows: out [n], a [n], b [n] or NULL when there is one operand; `out`
       overlaps neither. NULL: `value` of each, which is slower. */
    void (*block)(void *user, size_t n, float *out, const float *a, const float *b);
    /** Its derivative by operand 0 or 1. NULL: by central differences of `value`. */
    double (*slope)(void *user, double a, double b, unsigned operand);
    void *user; /**< first argument of the callbacks */
};
typedef struct l2osr_sr_function l2osr_sr_function;

/** Static initialiser of #l2osr_sr_function. */
#define L2OSR_SR_FUNCTION_INIT                                                                     \
    { sizeof(struct l2osr_sr_function), 0, 0, 0, 0, 0, 0 }

/** Fills the first `size` bytes of `f` with zeros and its size. Any thread. */
L2OSR_API void l2osr_sr_function_init(l2osr_sr_function *f, size_t size);

/**
 * Prepares a search. The samples are copied, weights and windows too, and may be freed.
 * @param out     the search, NULL on failure; free with l2osr_sr_free()
 * @param ctx     must outlive the search and its fronts
 * @param samples 8 rows to fit on at least, not counting what is kept apart
 * @param options NULL: all defaults; members that say so are kept by reference
 * @return #L2OSR_OK, #L2OSR_EINVAL (constant target, too few rows, no row that counts, operators or
 * nesting that are not of their form, a function), #L2OSR_ENONFINITE (names the place),
 * #L2OSR_ENOTFOUND (operator), #L2OSR_ERANGE (an option, a weight below 0, too many rows),
 * #L2OSR_ENOMEM, #L2OSR_E2BIG (options of a newer version that are set)
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_sr_create(l2osr_sr **out, l2osr_context *ctx,
                                                       const l2osr_samples *samples,
                                                       const l2osr_sr_options *options);

/** Frees a search, not its fronts. NULL is allowed. */
L2OSR_API void l2osr_sr_free(l2osr_sr *sr);

/**
 * Searches until the budget is spent or target_error is reached, then finishes the front: its
 * formulas are fitted, proved, shortened and measured, which takes a little time beyond `seconds`.
 * Same seed and options: the same front, bit for bit, for any number of threads (without a time
 * limit). Stage "distil" of the progress callback; best is R2 on the fitted rows.
 *
 * Another run goes on from where this one ended, with a budget of its own. What l2osr_sr_load()
 * brought has spent its part of `evaluations` already. A run that failed can be tried again: it
 * spends what is left.
 *
 * An epoch in which a search is canceled counts for the front, but is forgotten by the search and
 * by its checkpoints, so that what goes on is as if it had not been interrupted.
 *
 * With options.checkpoint the file is written every checkpoint_seconds and at the end. Only the
 * last write must succeed; others that fail are warnings to the log.
 *
 * Sources of the parts: islands and a population in which the oldest gives way, "Regularized
 * Evolution" (Real et al. 2019); prices that adapt to sizes, and annealing, as in
 * SymbolicRegression.jl (Cranmer 2023); weights by least squares, from "linear scaling" (Keijzer
 * 2003) to all terms of a sum; sums chosen from a pool, orthogonal least squares (Chen, Billings,
 * Luo 1989); other constants, Levenberg (1944) and Marquardt (1963).
 * @return #L2OSR_OK, #L2OSR_ECANCELED when stopped by the context, its progress callback or
 * options.report: the front so far is there all the same. #L2OSR_EIO when the checkpoint cannot be
 * written at the end, canceled or not: the front is there too, and the search can be saved
 * elsewhere. #L2OSR_ENOMEM: the front is as before
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_sr_run(l2osr_sr *sr);

/**
 * Writes the state of a search to a file, atomically; between runs, or from options.report. (The
 * last report of a run comes after the front was polished. What is saved there goes on well, but
 * not with the bits of a search that was not interrupted.) The format is in doc/formats.md.
 * @return #L2OSR_OK, #L2OSR_EIO, #L2OSR_ENOMEM, #L2OSR_EINVAL (path is NULL)
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_sr_save(const l2osr_sr *sr, const char *path);

/**
 * Replaces the state of a search by a saved one, between runs. The search must have been created as
 * that one was: with the same samples, seeds, functions by name and options, but for evaluations,
 * seconds, checkpoint* and report*; the number of threads does not matter. The next run spends what
 * is left of `evaluations`, and gives bit for bit the front of a search that was not interrupted.
 * (With other `evaluations` too, unless these are so few that epochs are smaller, and but for
 * warmup, which is a part of them.) l2osr_sr_front() is as before until then.
 *
 * A file that is damaged, truncated or made up is an error. After any failure the search is as it
 * was.
 * @return #L2OSR_OK, #L2OSR_ENOTFOUND (no such file), #L2OSR_EIO, #L2OSR_EFORMAT (no checkpoint, or
 * damaged), #L2OSR_EINVAL (of another search: the message tells the first thing that differs),
 * #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_sr_load(l2osr_sr *sr, const char *path);

/**
 * Gives a search a formula to go on from, before the first run or between runs. The text is over
 * the names of features and windows of the samples; lags, memories, operators and functions are
 * those of the search, and a - b is understood where it has + and *. Its constants are fitted
 * first, once as it is and once with a weight for each of its terms. The populations take it up
 * after their first epoch, like what others found; l2osr_sr_load() replaces it.
 * @return #L2OSR_OK, #L2OSR_EPARSE (the message names the place), #L2OSR_ENOTFOUND (an operator, a
 * lag or a memory that the search lacks, named), #L2OSR_ERANGE (too large or too deep),
 * #L2OSR_EUNSUPPORTED (what no search has, named), #L2OSR_ENONFINITE (on the rows to fit on),
 * #L2OSR_EINVAL, #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_sr_seed_text(l2osr_sr *sr, const char *equation);

/**
 * l2osr_sr_seed_text() for all formulas of a front, of whatever search or file; those that do not
 * fit are skipped.
 * @param taken receives how many were taken; may be NULL
 * @return #L2OSR_OK, #L2OSR_ENOMEM (none is taken then), #L2OSR_EINVAL
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_sr_seed_front(l2osr_sr *sr, const l2osr_front *front,
                                                           size_t *taken);

/**
 * Copies the front of a search: that of its last run, empty before the first.
 * @param out the front, NULL on failure; it may outlive the search, not its context and functions;
 * free with l2osr_front_free()
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_sr_front(const l2osr_sr *sr, l2osr_front **out);

/**
 * One formula of a front. The comments say what a search writes there; see l2osr_front_add() and
 * l2osr_front_load() for others. All figures are of the text as it is shown.
 */
struct l2osr_formula {
    unsigned complexity;  /**< nodes, each with the complexity of its operator */
    double mse;           /**< mean squared error on all rows of the samples */
    double r2_train;      /**< R2 on them: 1 - mse / variance of the target */
    double r2_validation; /**< R2 on the trajectories kept apart, before the constants were fitted
                               once more to all; NaN when none are kept apart */
    const char *equation; /**< text over the names of the samples; borrowed from the front */
    const char *warning;  /**< what to beware of outside the data, "" for nothing; borrowed */
};
typedef struct l2osr_formula l2osr_formula;

/**
 * Makes an empty front, for l2osr_front_add(); free with l2osr_front_free().
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_front_create(l2osr_front **out, l2osr_context *ctx);

/**
 * Appends a formula of which nothing but the text is known: its errors are NaN, its complexity is
 * the number of operators, inputs and constants, a lag x[3] counting as one. Its names are looked
 * up where it is used. It is kept in the notation of doc/rule-language.md, whatever it was given
 * in. It may call functions of yours when the front is one of a search that has them. After a
 * failure the front is as it was.
 * @return #L2OSR_OK, #L2OSR_EPARSE (the message names the place), #L2OSR_EINVAL, #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_front_add(l2osr_front *front, const char *equation);

/**
 * Reads what l2osr_front_save() or l2osr_front_save_pysr() wrote, or PySR's hall of fame, old or
 * new. The titles of the columns tell which is which (doc/formats.md); figures that are not there
 * are NaN, a complexity that is not there is counted as in l2osr_front_add(). Formulas keep their
 * order. None of them can call a function of yours: a file does not say what that is.
 * @param out the front, NULL on failure; free with l2osr_front_free()
 * @return #L2OSR_OK, #L2OSR_ENOTFOUND (no such file), #L2OSR_EIO, #L2OSR_EFORMAT, #L2OSR_EPARSE (an
 * equation), #L2OSR_ENOMEM; the message names file and line
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_front_load(l2osr_front **out, l2osr_context *ctx,
                                                        const char *path);

/** Number of formulas. Any thread. */
L2OSR_API size_t l2osr_front_size(const l2osr_front *front);

/**
 * Formula `index`; NULL when out of range. Borrowed until the front is changed or freed. A search
 * orders them by rising complexity and falling error. Any thread.
 */
L2OSR_API const l2osr_formula *l2osr_front_get(const l2osr_front *front, size_t index);

/**
 * The recommended formula: index of the simplest whose validation R2 (training R2 when there is
 * none) is within `tolerance` of the largest, such as 0.01. Where one leaves less than a millionth
 * of the variance, the right formula has been found: then the simplest that leaves at most ten
 * times as much. 0 when no formula has an R2. Any thread.
 */
L2OSR_API size_t l2osr_front_recommend(const l2osr_front *front, double tolerance);

/**
 * Writes complexity,mse,r2_train,r2_validation,equation as CSV, atomically; not the warnings.
 * Numbers read back to the same bits.
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_EIO, #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_front_save(const l2osr_front *front, const char *path);

/**
 * Writes Complexity|MSE|Equation as PySR does, atomically: equations as nested calls, plus(a, b).
 * What PySR does not have (lags, averages, `^`) stays in our notation.
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_EIO, #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_front_save_pysr(const l2osr_front *front,
                                                             const char *path);

/**
 * Measures formula `index` on all rows of samples: values in single precision, as in a search, lags
 * and averages along each trajectory from zero, or along the windows of a table as in
 * l2osr_predict(). The samples need not be those of the search, only to have the names that the
 * formula uses. Where samples have weights, errors and variance are weighted, and rows of weight 0
 * do not count. The same bits for any number of threads, which are those of the front's context.
 * @param mse receives the mean squared error, infinity when a value is not finite
 * @param r2  receives 1 - mse / variance of the target: minus infinity when a value is not finite,
 *            NaN when the target is constant or no row counts
 * @return #L2OSR_OK, #L2OSR_ERANGE (index), #L2OSR_EPARSE (the message names what the samples
 * lack), #L2OSR_EUNSUPPORTED (reductions over parameters), #L2OSR_EINVAL, #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_front_measure(const l2osr_front *front, size_t index,
                                                           const l2osr_samples *samples,
                                                           double *mse, double *r2);

/**
 * Values of formula `index` along one trajectory: out [steps], one number for a table. Errors as
 * l2osr_front_measure(), and #L2OSR_ERANGE for a trajectory that is not there.
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_front_predict(const l2osr_front *front, size_t index,
                                                           const l2osr_samples *samples,
                                                           size_t trajectory, float *out);

/** Frees a front. NULL is allowed. */
L2OSR_API void l2osr_front_free(l2osr_front *front);

L2OSR_END_DECLS

#endif
