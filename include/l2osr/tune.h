/* SPDX-License-Identifier: MIT */
/**
 * @file tune.h
 * Meta-tuning: the constants of a rule learn again on tasks of the user's, by first-order gradients
 * through time or by an evolution strategy. Positive and negative constants are scaled (their sign
 * is kept), decays of ema() move on the logistic curve, so every step gives a legal rule.
 *
 * Thread-safety: a tuner belongs to one thread at a time.
 */
#ifndef L2OSR_TUNE_H
#define L2OSR_TUNE_H

#include "l2osr/rule.h"
#include "l2osr/task.h"

L2OSR_BEGIN_DECLS

/** Opaque tuner. */
typedef struct l2osr_tuner l2osr_tuner;

/** How the derivatives by the constants are found. */
typedef enum l2osr_estimator {
    /** Exact through the window, gradients fed to the rule counted as constants: cheap, but blind
       to how a step changes later gradients. A meta-step is one window. */
    L2OSR_FIRST_ORDER = 0,
    /** Antithetic evolution strategy over whole episodes, 4 pairs: unbiased but for its width. A
        meta-step is 8 episodes, side by side when the task is concurrent. */
    L2OSR_EVOLUTION = 1
} l2osr_estimator;

/** Options of l2osr_tuner_create(); zero means the default. */
struct l2osr_tuner_options {
    size_t struct_size; /**< sizeof(struct l2osr_tuner_options) */
    size_t meta_steps;  /**< updates of the constants; default 400, 60 for evolution */
    size_t unroll;      /**< steps between two updates; default 20 */
    size_t horizon;     /**< steps of an episode; default 200 */
    double meta_lr; /**< step size of Adam on the re-parameterised constants; default 0.01, 0.03 for
                         evolution */
    size_t validate_every; /**< meta-steps between validations; default 50, 10 for evolution */
    size_t validate_runs;  /**< episodes of a validation; default 2 */
    int fixed_lr;          /**< non-zero: leave the default step size alone, tune constants only */
    uint64_t seed;         /**< of starting points and minibatches; joined with the context's */
    l2osr_estimator estimator; /**< default #L2OSR_FIRST_ORDER */
};
typedef struct l2osr_tuner_options l2osr_tuner_options;

/** Static initialiser of #l2osr_tuner_options. */
#define L2OSR_TUNER_OPTIONS_INIT                                                                   \
    { sizeof(struct l2osr_tuner_options), 0, 0, 0, 0, 0, 0, 0, 0, L2OSR_FIRST_ORDER }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_tuner_options_init(l2osr_tuner_options *o, size_t size);

/**
 * Makes a tuner.
 * @param rule       where it starts; counted
 * @param task       drawn from for tuning; must outlive the tuner, as must
 * @param validation the task to choose the best constants on; may be `task`
 * @return #L2OSR_OK, #L2OSR_EINVAL (nothing to tune), #L2OSR_ENOMEM, #L2OSR_E2BIG
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_tuner_create(l2osr_tuner **out, l2osr_context *ctx,
                                                          l2osr_rule *rule, l2osr_task *task,
                                                          l2osr_task *validation,
                                                          const l2osr_tuner_options *options);

/** Frees a tuner. NULL is allowed. */
L2OSR_API void l2osr_tuner_free(l2osr_tuner *tuner);

/**
 * Tunes until the budget is spent. Stage "tune" of the progress callback; best is the validation
 * loss. An episode that diverges is abandoned, the constants go back to the best so far and the
 * step size is halved.
 * @return #L2OSR_ECANCELED when stopped: the best so far is there all the same
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_tuner_run(l2osr_tuner *tuner);

/** The rule with the best constants so far (the first one before any run); free it. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_tuner_rule(const l2osr_tuner *tuner, l2osr_rule **out);

/** Validation loss of the rule at the start and of the best so far; NaN before a run. */
L2OSR_API double l2osr_tuner_first_loss(const l2osr_tuner *tuner);
L2OSR_API double l2osr_tuner_best_loss(const l2osr_tuner *tuner); /**< See above. */

L2OSR_END_DECLS

#endif
