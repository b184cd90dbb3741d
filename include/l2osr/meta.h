/* SPDX-License-Identifier: MIT */
/**
 * @file meta.h
 * Meta-training of numerical models, collection of their trajectories, and the comparison of
 * optimizers.
 *
 * Thread-safety: each call belongs to the thread that makes it and uses the context's threads
 * inside. Results do not depend on their number.
 */
#ifndef L2OSR_META_H
#define L2OSR_META_H

#include "l2osr/model.h"
#include "l2osr/rule.h"
#include "l2osr/task.h"

L2OSR_BEGIN_DECLS

/** Options of l2osr_meta_train(); zero means the default. */
struct l2osr_meta_options {
    size_t struct_size;    /**< sizeof(struct l2osr_meta_options) */
    size_t meta_steps;     /**< updates of the model's weights in all; default 2000 */
    size_t unroll;         /**< steps between two updates; default 20 */
    size_t horizon;        /**< steps of an episode; default 200 */
    double meta_lr;        /**< first step size of Adam on the weights, falling as a cosine to a
                                tenth; default 3e-4 */
    size_t imitation;      /**< of the meta-steps, how many imitate first; default 200, at most a
                                half */
    int no_imitation;      /**< non-zero: begin from the random weights, as the reference does */
    l2osr_rule *teacher;   /**< what is imitated; default: see doc/meta-training.md */
    size_t validate_every; /**< meta-steps between validations; default 100 */
    size_t validate_runs;  /**< episodes of a validation; default 2 */
    uint64_t seed;         /**< of starting points and minibatches; joined with the context's */
};
typedef struct l2osr_meta_options l2osr_meta_options;

/** Static initialiser of #l2osr_meta_options. */
#define L2OSR_META_OPTIONS_INIT                                                                    \
    { sizeof(struct l2osr_meta_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_meta_options_init(l2osr_meta_options *o, size_t size);

/** What a training run came to. */
struct l2osr_meta_report {
    size_t struct_size; /**< sizeof(struct l2osr_meta_report), set by the caller */
    size_t meta_steps;  /**< updates done */
    size_t best_step;   /**< update after which the kept weights were measured */
    double best_loss;   /**< their validation loss, the mean over an episode's last three quarters;
                             NaN before the first validation */
    double first_loss;  /**< validation loss before training */
    double seconds;     /**< wall-clock time */
};
typedef struct l2osr_meta_report l2osr_meta_report;

/** Static initialiser of #l2osr_meta_report. */
#define L2OSR_META_REPORT_INIT                                                                     \
    { sizeof(struct l2osr_meta_report), 0, 0, 0, 0, 0 }

/**
 * Trains a model on a task by truncated back-propagation through time (doc/meta-training.md). The
 * weights with the best validation loss are kept. Stage "meta-train" of the progress callback; best
 * is that loss.
 * @param model      trained in place; unchanged on failure, best so far when canceled
 * @param task       drawn from for training
 * @param validation task to measure on; may be `task`
 * @param options    NULL for all defaults
 * @param report     may be NULL
 * @return #L2OSR_OK, #L2OSR_ECANCELED, #L2OSR_ENONFINITE, #L2OSR_ECALLBACK, #L2OSR_ENOMEM,
 * #L2OSR_EINVAL ...
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_meta_train(l2osr_context *ctx, l2osr_model *model,
                                                        l2osr_task *task, l2osr_task *validation,
                                                        const l2osr_meta_options *options,
                                                        l2osr_meta_report *report);

/** Options of l2osr_meta_collect(); zero means the default. */
struct l2osr_collect_options {
    size_t struct_size; /**< sizeof(struct l2osr_collect_options) */
    size_t runs;        /**< episodes; default 8 */
    size_t steps;       /**< steps of each; default 200 */
    size_t per_group;   /**< coordinates drawn from each parameter group; default 10 */
    uint64_t seed; /**< of starting points, minibatches, coordinates; joined with the context's */
};
typedef struct l2osr_collect_options l2osr_collect_options;

/** Static initialiser of #l2osr_collect_options. */
#define L2OSR_COLLECT_OPTIONS_INIT                                                                 \
    { sizeof(struct l2osr_collect_options), 0, 0, 0, 0 }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_collect_options_init(l2osr_collect_options *o, size_t size);

/**
 * Runs a model on a task and records, for some coordinates, its features and its output u at every
 * step: what symbolic regression distils. A group with fewer parameters than asked for gives all it
 * has.
 * @param out trajectories of l2osr_model_feature_count() features with the model's names, target u
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_meta_collect(l2osr_samples **out, l2osr_context *ctx,
                                                          l2osr_model *model, l2osr_task *task,
                                                          const l2osr_collect_options *options);

/** An optimizer in a comparison: a rule or a model. */
struct l2osr_entry {
    const char *name;   /**< for tables */
    l2osr_rule *rule;   /**< or NULL */
    l2osr_model *model; /**< or NULL */
    double lr;          /**< step size; 0 for the default */
};
typedef struct l2osr_entry l2osr_entry;

/** Options of l2osr_evaluate(); zero means the default. */
struct l2osr_evaluate_options {
    size_t struct_size; /**< sizeof(struct l2osr_evaluate_options) */
    size_t steps;       /**< default 200 */
    size_t seeds;       /**< fresh starting points; default 5 */
    uint64_t
        seed;   /**< joined with the context's; every entry gets the same starts and minibatches */
    int metric; /**< non-zero: compute the task's metric at the end */
};
typedef struct l2osr_evaluate_options l2osr_evaluate_options;

/** Static initialiser of #l2osr_evaluate_options. */
#define L2OSR_EVALUATE_OPTIONS_INIT                                                                \
    { sizeof(struct l2osr_evaluate_options), 0, 0, 0, 0 }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_evaluate_options_init(l2osr_evaluate_options *o, size_t size);

/** Opaque loss curves of a comparison. */
typedef struct l2osr_curves l2osr_curves;

/**
 * Runs every entry from every seed. A run whose loss is no longer finite ends there and counts as
 * infinite from then on: the comparison goes on. Stage "evaluate".
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_evaluate(l2osr_curves **out, l2osr_context *ctx,
                                                      l2osr_task *task, size_t n,
                                                      const l2osr_entry *entries,
                                                      const l2osr_evaluate_options *options);

/** Frees curves. NULL is allowed. */
L2OSR_API void l2osr_curves_free(l2osr_curves *curves);

L2OSR_API size_t l2osr_curves_entries(const l2osr_curves *curves); /**< Optimizers compared. */
L2OSR_API size_t l2osr_curves_seeds(const l2osr_curves *curves);   /**< Runs of each. */
L2OSR_API size_t l2osr_curves_steps(const l2osr_curves *curves);   /**< Steps of each run. */

/** Mean and deviation of a figure over seeds. */
struct l2osr_spread {
    double mean;      /**< over the seeds */
    double deviation; /**< standard deviation (n - 1); 0 for one seed */
};
typedef struct l2osr_spread l2osr_spread;

/** Minibatch loss before step `step` (from 0) of one run; NaN when out of range. */
L2OSR_API double l2osr_curves_loss(const l2osr_curves *curves, size_t entry, size_t seed,
                                   size_t step);

/** Loss at step k (1 .. steps): for each seed the mean over steps k-19 .. k, as in the reference.
 */
L2OSR_API l2osr_spread l2osr_curves_at(const l2osr_curves *curves, size_t entry, size_t k);

/** The task's metric at the end; NaN when it was not computed. */
L2OSR_API l2osr_spread l2osr_curves_metric(const l2osr_curves *curves, size_t entry);

/**
 * Copies the curves of some entries, such as the best of several step sizes.
 * @param entries numbers of entries, in the order wanted
 * @param n       their number, at least 1
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ERANGE (no such entry), #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_curves_pick(l2osr_curves **out, l2osr_context *ctx,
                                                         const l2osr_curves *curves,
                                                         const size_t *entries, size_t n);

/** Writes step,NAME_mean,NAME_deviation,... for each entry as CSV, atomically. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_curves_save(const l2osr_curves *curves,
                                                         const char *path);

/**
 * Finds the step size of a rule with the lowest loss at the end of options->steps.
 * @param n    number of candidates in `lrs`
 * @param best receives one of them; #L2OSR_ENONFINITE if all diverge
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_grid_search(l2osr_context *ctx, l2osr_task *task,
                                                         l2osr_rule *rule, size_t n,
                                                         const double *lrs,
                                                         const l2osr_evaluate_options *options,
                                                         double *best);

L2OSR_END_DECLS

#endif
