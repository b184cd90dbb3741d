/* SPDX-License-Identifier: MIT */
/**
 * @file tune.h
 * Meta-tuning: the constants of a rule learn again on tasks of the user's, with everything that
 * trains models (meta.h): gradients through time, first order or exact, or evolution strategies.
 * Each constant stands for a free number such that every number gives a legal rule; see
 * doc/meta-tuning.md.
 *
 * Thread-safety: a tuner belongs to one thread at a time and uses the context's threads inside.
 * Results do not depend on their number.
 */
#ifndef L2OSR_TUNE_H
#define L2OSR_TUNE_H

#include "l2osr/meta.h"
#include "l2osr/rule.h"
#include "l2osr/task.h"

L2OSR_BEGIN_DECLS

/** Opaque tuner. */
typedef struct l2osr_tuner l2osr_tuner;

/** How a constant follows from its free number theta, which is 0 at the start. */
typedef enum l2osr_transform {
    /** By its place: decays of memories move in (0, 1), those that start at 0 and are no decay are
        linear, others keep their sign. */
    L2OSR_TRANSFORM_DEFAULT = 0,
    L2OSR_TRANSFORM_EXP = 1,     /**< start exp(theta): keeps its sign; not for 0 */
    L2OSR_TRANSFORM_SIGMOID = 2, /**< stays between `low` and `high`, its odds times exp(theta) */
    L2OSR_TRANSFORM_LINEAR = 3, /**< start + |start| theta, or theta: may be 0 or change its sign */
    L2OSR_TRANSFORM_FIXED = 4   /**< stays as it is */
} l2osr_transform;

/** Numbers of constants that rules have beside those of l2osr_rule_constant(). */
#define L2OSR_TUNER_LR ((size_t)-1) /**< the default step size */
#define L2OSR_TUNER_WD ((size_t)-2) /**< the default weight decay */

/** What is wanted of one constant. */
struct l2osr_tuner_constant {
    size_t index;              /**< as in l2osr_rule_constant(), #L2OSR_TUNER_LR or
                                    #L2OSR_TUNER_WD */
    l2osr_transform transform; /**< how it moves */
    double low;                /**< least value; with `high` 0 too: none, of a sigmoid 0 */
    double high;               /**< largest value; with `low` 0 too: none, of a sigmoid 1 */
    int spread;                /**< non-zero: it gets a value for each group of parameters */
};
typedef struct l2osr_tuner_constant l2osr_tuner_constant;

/** Kinds of groups of parameters, by the rank of their shape; see l2osr_rule_for_task(). */
enum l2osr_kind {
    L2OSR_KIND_VECTOR = 0, /**< rank 0 or 1: biases, scales */
    L2OSR_KIND_MATRIX = 1, /**< rank 2 */
    L2OSR_KIND_KERNEL = 2, /**< rank 3 and above: convolutions */
    L2OSR_KINDS = 3        /**< how many there are */
};

/** Options of l2osr_tuner_create(); zero means the default. Arrays and texts are copied, tasks
 * are not. */
struct l2osr_tuner_options {
    size_t struct_size; /**< sizeof(struct l2osr_tuner_options) */
    size_t meta_steps;  /**< updates of the constants; default 400, 60 for evolution strategies */
    size_t unroll;      /**< steps between two updates; default 20, for evolution strategies the
                             shortest horizon: whole episodes */
    size_t horizon;     /**< steps of an episode; default 200 */
    double meta_lr;     /**< step size on the free numbers; default 0.01, 0.03 for evolution
                             strategies, 0.005 for SGD */
    size_t validate_every; /**< meta-steps between validations, default 50, 10 for evolution
                                strategies; with `horizons` episodes, default 10 */
    size_t validate_runs;  /**< episodes of a validation; default 2 */
    int fixed_lr;          /**< non-zero: leave the default step size as it is */
    uint64_t seed;         /**< of starting points and minibatches; joined with the context's */
    l2osr_meta_estimator estimator; /**< default first order */

    int tune_wd;  /**< non-zero: tune the default weight decay, too */
    double sigma; /**< standard deviation of the perturbations of a free number by evolution
                       strategies; default 0.1 */
    size_t pairs; /**< of rules that these run at a time; default 4 */
    l2osr_meta_optimizer optimizer; /**< default Adam */
    double momentum;                /**< of SGD; default 0.9 */
    l2osr_meta_loss loss; /**< default #L2OSR_LOSS_LOG_SUM: tasks weigh alike whatever the scale of
                               their losses, which must be positive; otherwise #L2OSR_LOSS_SUM */
    const l2osr_meta_task *tasks; /**< a mixture to draw from in place of the argument `task` */
    size_t n_tasks;               /**< number of tasks in it */
    const size_t *horizons;       /**< growing horizons in place of `horizon`: a curriculum as in
                                       doc/meta-training.md */
    size_t n_horizons;            /**< number of them */

    const l2osr_tuner_constant *constants; /**< what is wanted of some constants */
    size_t n_constants;                    /**< number of these */
    int by_kind; /**< non-zero: constants with a value for each group have one for each kind of
                      group, #l2osr_kind, so that the rule fits networks of any shape */
    /** Largest distance of a free number from that of the best rule so far; 0: any. */
    double trust;
    /** What constants that multiply values k steps old pay for their size, in the unit of the
        meta-loss: lag_penalty k |c / start|. They are linear by default then, and become 0 when
        they do not pay; 0: nothing. */
    double lag_penalty;
    /** After tuning, terms are left out while that raises the validation loss by less than this
        part of it; default 0.001, negative: never. */
    double prune;
    int half_memory; /**< non-zero: keep the gradients of a window in bfloat16, for first order */

    size_t patience; /**< validations without improvement after which tuning ends; 0: never */
    const char *checkpoint;    /**< file from which to go on after an interruption; NULL: none */
    double checkpoint_seconds; /**< least time between two of them; default 60 */
    int resume;                /**< non-zero: go on from `checkpoint`, as if never interrupted */
};
typedef struct l2osr_tuner_options l2osr_tuner_options;

/** Static initialiser of #l2osr_tuner_options. */
#define L2OSR_TUNER_OPTIONS_INIT                                                                   \
    {                                                                                              \
        sizeof(struct l2osr_tuner_options), 0, 0, 0, 0, 0, 0, 0, 0, L2OSR_META_FIRST_ORDER, 0, 0,  \
            0, L2OSR_META_ADAM, 0, L2OSR_LOSS_DEFAULT, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 \
    }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_tuner_options_init(l2osr_tuner_options *o, size_t size);

/**
 * Makes a tuner.
 * @param rule       where it starts; copied
 * @param task       drawn from for tuning; NULL with options->tasks. Tasks must outlive the tuner
 * @param validation the task to choose the best constants on; may be `task`; NULL: what is tuned
 *                   on, of a mixture the weighted geometric mean of its losses
 * @return #L2OSR_OK, #L2OSR_EINVAL (nothing to tune; options), #L2OSR_ERANGE (horizons),
 * #L2OSR_EUNSUPPORTED (the exact estimator on a task without Hessian-vector product, gradients of a
 * rule with reductions), #L2OSR_ENOMEM, #L2OSR_E2BIG
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_tuner_create(l2osr_tuner **out, l2osr_context *ctx,
                                                          l2osr_rule *rule, l2osr_task *task,
                                                          l2osr_task *validation,
                                                          const l2osr_tuner_options *options);

/** Frees a tuner. NULL is allowed. */
L2OSR_API void l2osr_tuner_free(l2osr_tuner *tuner);

/**
 * Bytes that the library holds at the peak of l2osr_tuner_run(), over all tasks, beside what tasks
 * hold themselves; logged when it begins.
 */
L2OSR_API size_t l2osr_tuner_memory(const l2osr_tuner *tuner);

/**
 * Tunes until the budget is spent, then leaves terms out (options.prune). Stage "tune" of the
 * progress callback; best is the validation loss. After an episode or a validation that diverges it
 * goes on from the best constants so far with half the step size. Run it again to go on from the
 * best, on other episodes.
 * @return #L2OSR_OK, #L2OSR_ECANCELED (the best so far is there all the same), #L2OSR_ENONFINITE
 * (ten episodes in a row diverged, or the rule it starts with does), #L2OSR_ECALLBACK,
 * #L2OSR_ENOMEM, #L2OSR_EINVAL (a checkpoint of other tuning; a loss of which the logarithm is
 * taken and that is not positive), #L2OSR_EFORMAT, #L2OSR_ENOTFOUND, #L2OSR_EIO (checkpoint)
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_tuner_run(l2osr_tuner *tuner);

/** The rule with the best constants so far (the first one before any run), with one value for each
 * kind of group if `by_kind`; free it. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_tuner_rule(const l2osr_tuner *tuner, l2osr_rule **out);

/** Validation loss of the rule at the start and of the best so far; NaN before a run. */
L2OSR_API double l2osr_tuner_first_loss(const l2osr_tuner *tuner);
L2OSR_API double l2osr_tuner_best_loss(const l2osr_tuner *tuner); /**< See above. */

/** What the latest run came to; all zero before it. */
L2OSR_API void l2osr_tuner_report(const l2osr_tuner *tuner, l2osr_meta_report *report);

/** Options of l2osr_tuner_compare_estimators(); zero means the default. */
struct l2osr_estimator_options {
    size_t struct_size; /**< sizeof(struct l2osr_estimator_options) */
    size_t windows;     /**< of the episode, each of the tuner's `unroll` steps; default 3, at most
                             2^30 steps in all */
    size_t repeats;     /**< estimates of each kind that is drawn; 2 to 10^6, default 20 */
    uint64_t seed;      /**< of the episode and the perturbations; joined with the tuner's and the
                             context's */
};
typedef struct l2osr_estimator_options l2osr_estimator_options;

/** Static initialiser of #l2osr_estimator_options. */
#define L2OSR_ESTIMATOR_OPTIONS_INIT                                                               \
    { sizeof(struct l2osr_estimator_options), 0, 0, 0 }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_estimator_options_init(l2osr_estimator_options *o, size_t size);

/** What l2osr_tuner_compare_estimators() found. */
struct l2osr_estimator_report {
    size_t struct_size; /**< sizeof(struct l2osr_estimator_report), set by the caller */
    double norm; /**< length of the exact gradient of the whole episode, by the free numbers; NaN
                      without Hessian-vector products */
    l2osr_estimator_figures of[L2OSR_META_ESTIMATORS]; /**< by #l2osr_meta_estimator */
};
typedef struct l2osr_estimator_report l2osr_estimator_report;

/** Static initialiser of #l2osr_estimator_report. */
#define L2OSR_ESTIMATOR_REPORT_INIT                                                                \
    {                                                                                              \
        sizeof(struct l2osr_estimator_report), 0, {                                                \
            { 0, 0, 0, 0, 0, 0, 0, 0, 0 }                                                          \
        }                                                                                          \
    }

/**
 * All estimators side by side, for the rule with the best constants so far, on one episode of the
 * tuner's task (of a mixture, the first), with its unroll, sigma and pairs: how far each is from
 * the gradient of the whole episode, how noisy, how expensive. The meta-loss is the sum of the
 * losses of all windows. What nobody can tell without the Hessian-vector product of the task is
 * NaN. Changes nothing of the tuner. Stage "tune" of the progress callback. Takes (planes + 2)
 * numbers of 8 bytes for each parameter and step of the episode. See doc/estimators.md.
 * @param report receives the figures; as it was after a failure
 * @param options NULL for all defaults
 * @return #L2OSR_OK, #L2OSR_EINVAL (no report), #L2OSR_ERANGE (options), #L2OSR_E2BIG,
 * #L2OSR_ENONFINITE (the episode diverges), #L2OSR_EUNSUPPORTED (a rule with reductions),
 * #L2OSR_ECANCELED, #L2OSR_ECALLBACK, #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status
l2osr_tuner_compare_estimators(const l2osr_tuner *tuner, l2osr_estimator_report *report,
                               const l2osr_estimator_options *options);

/**
 * A rule with constants for each kind of group, for the groups of a task: group i takes value 0, 1
 * or 2 of each list by the rank of its shape, #l2osr_kind. A rule without lists comes back as it
 * is.
 * @param out the new rule, NULL on failure; free with l2osr_rule_free()
 * @return as l2osr_rule_spread()
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_rule_for_task(l2osr_rule **out, const l2osr_rule *rule,
                                                           const l2osr_task *task);

L2OSR_END_DECLS

#endif
