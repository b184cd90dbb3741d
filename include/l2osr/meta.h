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

/** How the gradient of a window's meta-loss by the weights is found; see doc/estimators.md. */
typedef enum l2osr_meta_estimator {
    L2OSR_META_FIRST_ORDER =
        0,                /**< gradients that are fed count as constants, as in the reference */
    L2OSR_META_EXACT = 1, /**< through the gradients too: needs Hessian-vector products of every
                               task (#L2OSR_EUNSUPPORTED), and no random_scale */
    L2OSR_META_ES = 2,    /**< evolution strategies: from losses of perturbed models */
    L2OSR_META_PES = 3    /**< persistent evolution strategies: these, over whole episodes */
} l2osr_meta_estimator;

/** How many estimators there are. */
#define L2OSR_META_ESTIMATORS 4

/**
 * What there is to say about an estimator beside others (l2osr_tuner_compare_estimators()): of the
 * sum of its estimates over the windows of an episode. NaN is what is not known.
 */
struct l2osr_estimator_figures {
    size_t repeats;   /**< estimates: 1 where nothing is drawn; 0: not to be had on this task */
    double norm;      /**< mean length of an estimate */
    double cosine;    /**< mean cosine of its angle with the exact gradient of the whole episode */
    double bias;      /**< length of the mean estimate less that gradient, by the length of the
                           latter */
    double error;     /**< what noise alone would make of `bias`: its root mean square */
    double variance;  /**< mean square of the distance of an estimate from their mean, by the square
                           of that length */
    size_t gradients; /**< losses and gradients that one estimate asks of the task */
    size_t products;  /**< Hessian-vector products that it asks for */
    double seconds;   /**< wall-clock time of one estimate */
};
typedef struct l2osr_estimator_figures l2osr_estimator_figures;

/** What a window of losses f_1 .. f_(unroll + 1) comes to. */
typedef enum l2osr_meta_loss {
    L2OSR_LOSS_DEFAULT = 0, /**< the sum for models, the logarithm of the sum for rules (tune.h) */
    L2OSR_LOSS_SUM = 1,     /**< their sum, as in the reference */
    L2OSR_LOSS_LAST = 2,    /**< the last one */
    /** Sum of log(f_r / f), f being the first loss of the episode; losses must be positive. */
    L2OSR_LOSS_LOG_RATIO = 3,
    /** Logarithm of their sum, which must be positive: windows weigh alike, whatever the scale of
        the task. */
    L2OSR_LOSS_LOG_SUM = 4
} l2osr_meta_loss;

/** What moves the weights along the gradient of the meta-loss. Episodes that imitate always have
 * Adam. */
typedef enum l2osr_meta_optimizer {
    L2OSR_META_ADAM = 0, /**< with betas 0.9 and 0.999 */
    L2OSR_META_SGD = 1   /**< gradient descent with momentum, as the reference tunes constants */
} l2osr_meta_optimizer;

/** How the meta-step size goes on after the warm-up. */
typedef enum l2osr_schedule {
    L2OSR_SCHEDULE_COSINE = 0,  /**< falls to a tenth at the last meta-step */
    L2OSR_SCHEDULE_CONSTANT = 1 /**< stays */
} l2osr_schedule;

/** A task in a mixture. */
struct l2osr_meta_task {
    l2osr_task *task; /**< borrowed */
    double weight;    /**< how often it is drawn, relative to the others; 0 means 1 */
};
typedef struct l2osr_meta_task l2osr_meta_task;

/**
 * Options of l2osr_meta_train(); zero means the default. Arrays are borrowed for the call. An
 * epoch is one episode: from a fresh starting point for a horizon of steps.
 */
struct l2osr_meta_options {
    size_t struct_size;    /**< sizeof(struct l2osr_meta_options) */
    size_t meta_steps;     /**< updates of the model's weights in all; default 2000, with a
                                curriculum without limit */
    size_t unroll;         /**< steps between two updates; default 20 */
    size_t horizon;        /**< steps of an episode, at least `unroll`, at most 2^30; default 200; a
                                curriculum has its own */
    double meta_lr;        /**< step size on the weights; default 3e-4, of SGD 5e-3 */
    size_t imitation;      /**< of the meta-steps, how many imitate first; default 200, at most a
                                half */
    int no_imitation;      /**< non-zero: begin from the random weights, as the reference does */
    l2osr_rule *teacher;   /**< what is imitated; default: see doc/meta-training.md */
    size_t validate_every; /**< meta-steps between validations, default 100; with a curriculum
                                epochs, default 10 */
    size_t validate_runs;  /**< episodes of a validation; default 2 */
    uint64_t seed;         /**< of starting points and minibatches; joined with the context's */

    l2osr_meta_estimator estimator; /**< default first order */
    double sigma;                   /**< standard deviation of the perturbations of a weight by
                                         evolution strategies; default 0.01 */
    size_t pairs;                   /**< of models that these run at a time; default 8 */

    l2osr_meta_loss loss;         /**< default the sum */
    const double *window_weights; /**< unroll + 1 factors of the losses of a window, not negative;
                                       NULL: all 1 */
    double clip;                  /**< largest norm of a meta-gradient; 0: any. The first order
                                       leaves a factor of 0.01 out, others do not */
    l2osr_schedule schedule;      /**< default cosine; without a limit of meta-steps constant */
    size_t warmup;                /**< meta-steps over which the step size rises from next to 0 */
    const l2osr_meta_task *tasks; /**< a mixture to draw from in place of the argument `task` */
    size_t n_tasks;               /**< number of tasks in it */
    double random_scale;          /**< b: in every episode coordinate i counts in units of exp(c_i),
                                       c_i uniform in [-b, b]; 0: off, at most 20 */
    size_t patience;              /**< validations without improvement after which training ends;
                                       0: never */
    int validate_last_window;     /**< non-zero: the validation loss is the meta-loss of the last
                                       window, as always with a curriculum */

    int with_curriculum;      /**< non-zero: a curriculum, by default of 100, 200, 500, 1000,
                                   1500, 2000, 2500, 3000 steps */
    const size_t *curriculum; /**< horizons of its stages instead */
    size_t n_curriculum;      /**< number of stages */

    double imitation_share;         /**< probability that an episode imitates, after the first
                                         phase */
    const double *imitation_shares; /**< the same for each stage of a curriculum, the last for all
                                         further ones */
    size_t n_imitation_shares;      /**< number of shares */
    l2osr_rule *const *teachers;    /**< imitated in turns, in place of `teacher` */
    size_t n_teachers;              /**< number of teachers */
    size_t teacher_stride;          /**< steps of a teacher for one of the model; default 1 */
    double imitation_lr;            /**< step size of Adam when imitating; default 3e-3 */

    const char *checkpoint;    /**< file from which to go on after an interruption; NULL: none */
    double checkpoint_seconds; /**< least time between two of them; default 60 */
    int resume;                /**< non-zero: go on from `checkpoint`, as if never interrupted */

    l2osr_meta_optimizer optimizer; /**< default Adam */
    double momentum;                /**< of SGD, below 1; default 0.9 */
    int back_off;                   /**< non-zero: after an episode or a validation that diverges go
                                         on from the best weights so far, with half the step size */
};
typedef struct l2osr_meta_options l2osr_meta_options;

/** Static initialiser of #l2osr_meta_options. */
#define L2OSR_META_OPTIONS_INIT                                                                    \
    {                                                                                              \
        sizeof(struct l2osr_meta_options), 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, L2OSR_META_FIRST_ORDER,   \
            0, 0, L2OSR_LOSS_DEFAULT, 0, 0, L2OSR_SCHEDULE_COSINE, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,   \
            0, 0, 0, 0, 0, 0, 0, 0, 0, L2OSR_META_ADAM, 0, 0                                       \
    }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_meta_options_init(l2osr_meta_options *o, size_t size);

/** Why training ended. */
typedef enum l2osr_meta_stop {
    L2OSR_STOP_NONE = 0,      /**< it did not: it was canceled or failed */
    L2OSR_STOP_STEPS = 1,     /**< all meta-steps are done */
    L2OSR_STOP_PATIENCE = 2,  /**< `patience` validations without improvement */
    L2OSR_STOP_CURRICULUM = 3 /**< a stage of the curriculum brought no improvement */
} l2osr_meta_stop;

/** What a training run came to. */
struct l2osr_meta_report {
    size_t struct_size;   /**< sizeof(struct l2osr_meta_report), set by the caller */
    size_t meta_steps;    /**< updates done */
    size_t best_step;     /**< update after which the kept weights were measured */
    double best_loss;     /**< their validation loss, by default the mean over an episode's last
                               three quarters; NaN before the first validation */
    double first_loss;    /**< validation loss before training */
    double seconds;       /**< wall-clock time */
    l2osr_meta_stop stop; /**< why it ended */
    size_t stage;         /**< stage of the curriculum it ended in, from 0 */
    size_t episodes;      /**< begun and ended */
    size_t diverged;      /**< of these, how many were given up */
    size_t back_offs;     /**< how often the step size was halved, see options.back_off */
};
typedef struct l2osr_meta_report l2osr_meta_report;

/** Static initialiser of #l2osr_meta_report. */
#define L2OSR_META_REPORT_INIT                                                                     \
    { sizeof(struct l2osr_meta_report), 0, 0, 0, 0, 0, L2OSR_STOP_NONE, 0, 0, 0, 0 }

/**
 * Trains a model on a task, or a mixture of tasks, by truncated back-propagation through time
 * (doc/meta-training.md). The weights with the best validation loss are kept. Stage "meta-train"
 * of the progress callback; best is that loss. With a checkpoint, training that is interrupted in
 * whatever way and resumed gives the same weights, bit for bit, as without the interruption.
 * @param model      trained in place; unchanged on failure, best so far when canceled
 * @param task       drawn from for training; NULL with options->tasks
 * @param validation task to measure on; may be `task`; NULL: what is trained on, of a mixture the
 *                   weighted mean
 * @param options    NULL for all defaults
 * @param report     may be NULL
 * @return #L2OSR_OK, #L2OSR_ECANCELED, #L2OSR_ENONFINITE (ten episodes in a row diverged),
 * #L2OSR_ECALLBACK, #L2OSR_ENOMEM, #L2OSR_EINVAL (options; a checkpoint of other training; a loss
 * of which the logarithm is taken and that is not positive), #L2OSR_ERANGE (horizons),
 * #L2OSR_EUNSUPPORTED (the exact estimator on a task without Hessian-vector product),
 * #L2OSR_EFORMAT, #L2OSR_ENOTFOUND, #L2OSR_EIO (checkpoint)
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_meta_train(l2osr_context *ctx, l2osr_model *model,
                                                        l2osr_task *task, l2osr_task *validation,
                                                        const l2osr_meta_options *options,
                                                        l2osr_meta_report *report);

/** Options of l2osr_meta_collect() and l2osr_meta_collect_rule(); zero means the default. */
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

/**
 * The same for a rule: records features of the gradients it is fed, and its update divided by the
 * default step size.
 * @param inputs   names of features, as in #l2osr_model_options; NULL: "mt gt"
 * @param features `let` lines that define some of them, as there; NULL for none
 * @return what l2osr_model_create() and running may come to
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_meta_collect_rule(
    l2osr_samples **out, l2osr_context *ctx, l2osr_rule *rule, const char *inputs,
    const char *features, l2osr_task *task, const l2osr_collect_options *options);

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
    size_t metric_every; /**< compute it after every so many steps, too, whatever `metric` says; 0:
                            only at the end. Since 0.1 */
};
typedef struct l2osr_evaluate_options l2osr_evaluate_options;

/** Static initialiser of #l2osr_evaluate_options. */
#define L2OSR_EVALUATE_OPTIONS_INIT                                                                \
    { sizeof(struct l2osr_evaluate_options), 0, 0, 0, 0, 0 }

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

/** Mean and deviation of a figure over seeds, or other repetitions. */
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

/** The task's metric at the end; NaN when it was not computed, or when a run diverged. */
L2OSR_API l2osr_spread l2osr_curves_metric(const l2osr_curves *curves, size_t entry);

/**
 * The task's metric after k steps, where k is a multiple of l2osr_evaluate_options::metric_every or
 * the last step; NaN for any other k, when it was not computed, and when a run had diverged by
 * then: nothing is known of parameters that are no longer finite. Since 0.1.
 */
L2OSR_API l2osr_spread l2osr_curves_metric_at(const l2osr_curves *curves, size_t entry, size_t k);

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
 * Writes the metrics as l2osr_curves_save() does the losses: a row for each step at which they were
 * computed. "nan" stands where l2osr_curves_metric_at() is NaN. Since 0.1.
 * @return #L2OSR_OK, #L2OSR_EINVAL (no metric was computed, or the path is NULL), #L2OSR_EIO
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_curves_save_metric(const l2osr_curves *curves,
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
