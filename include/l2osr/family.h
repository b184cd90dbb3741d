/* SPDX-License-Identifier: MIT */
/**
 * @file family.h
 * A family of rules that is ready for tuning: Eq. 6 of "Symbolic Learning to Optimize",
 *
 *     psi = - sum over features f and lags k of W[f, k] gamma[f] tanh(f[k] / gamma[f])
 *
 * with x += lr psi. It begins from zero, or where least squares puts it: on what a model or a rule
 * did. See doc/families.md.
 *
 * Thread-safety: as for what the functions are given; they keep nothing.
 */
#ifndef L2OSR_FAMILY_H
#define L2OSR_FAMILY_H

#include "l2osr/data.h"
#include "l2osr/meta.h"
#include "l2osr/rule.h"

L2OSR_BEGIN_DECLS

/** Options of the rules of Eq. 6; zero means the default. */
struct l2osr_eq6_options {
    size_t struct_size;   /**< sizeof(struct l2osr_eq6_options) */
    const char *inputs;   /**< features, as in #l2osr_model_options; default "mt gt" */
    const char *features; /**< `let` lines that define some of them, as there; NULL for none */
    size_t taps;          /**< L + 1: the value of a feature and those before; 1 to 64, default 3 */
    /** For each feature, in the order in which a model has them: where it saturates, a positive
        number; infinity: nowhere. NULL: 1, and in a fit the best of half, one, two, four times its
        root mean square, the same for all features, and infinity. */
    const double *gamma;
    size_t n_gamma;    /**< number of those; that of the features */
    int fixed_gamma;   /**< non-zero: gamma is not tuned */
    double default_lr; /**< to suggest; default 0.01, in a distillation that of the rule */
    double ridge;      /**< of a fit: added to the square of every column, relative to it; default
                            1e-6, negative: none */
};
typedef struct l2osr_eq6_options l2osr_eq6_options;

/** Static initialiser of #l2osr_eq6_options. */
#define L2OSR_EQ6_OPTIONS_INIT                                                                     \
    { sizeof(struct l2osr_eq6_options), 0, 0, 0, 0, 0, 0, 0, 0 }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_eq6_options_init(l2osr_eq6_options *o, size_t size);

/**
 * The rule with W = 0, which does not move: a start for the tuner. Its tunable constants are the
 * finite gamma in the order of the features, unless they are fixed, then W, lag by lag for each
 * feature.
 * @param out     the rule, NULL on failure; free with l2osr_rule_free()
 * @param options NULL for all defaults
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ERANGE (taps, gamma), #L2OSR_ENOTFOUND (features),
 * #L2OSR_EPARSE (your features; more constants than a rule has room for), #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_eq6_rule(l2osr_rule **out, l2osr_context *ctx,
                                                      const l2osr_eq6_options *options);

/**
 * The rule whose psi is nearest to the target of samples, by least squares over all steps of all
 * trajectories, with their weights. Before the first step features are 0, as they are for a rule. A
 * table (steps = 1) needs a window of at least `taps` columns for each feature, with its name.
 * Stage "fit" of the progress callback while gamma is looked for; its best is 1 - R2.
 * @param samples of the features that the options name, and possibly others, with target psi: what
 *                l2osr_meta_collect() and l2osr_meta_collect_rule() record
 * @param r2      receives the part of the target's variance that is explained; NULL is allowed
 * @return as l2osr_eq6_rule(); #L2OSR_ENOTFOUND (the samples lack a feature or window),
 * #L2OSR_EINVAL (the target is the same everywhere), #L2OSR_ENONFINITE, #L2OSR_ECANCELED
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_eq6_fit(l2osr_rule **out, double *r2,
                                                     l2osr_context *ctx,
                                                     const l2osr_samples *samples,
                                                     const l2osr_eq6_options *options);

/**
 * l2osr_eq6_fit() to what another rule does on a task.
 * @param collect how much of it; NULL for all defaults
 * @return as l2osr_eq6_fit() and l2osr_meta_collect_rule()
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_eq6_distil(l2osr_rule **out, double *r2,
                                                        l2osr_context *ctx, l2osr_rule *rule,
                                                        l2osr_task *task,
                                                        const l2osr_eq6_options *options,
                                                        const l2osr_collect_options *collect);

L2OSR_END_DECLS

#endif
