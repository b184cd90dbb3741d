/* SPDX-License-Identifier: MIT */
/**
 * @file mapping.h
 * Optimizers as mappings: from the histories of some inputs to the update u at each step, whatever
 * computes it. Numerical models, rules and formulas are measured by the same calls; doc/analysis.md
 * says what the figures mean.
 *
 * Samples are what a mapping is given. Their inputs are the features and, of a table, the windows,
 * by name. A mapping reads those inputs that it knows; the others may be there. Fields are those of
 * the windows and of the features that are in none: a feature in a window can be read, too, and
 * counts as the lag that it is. The target counts for R2 only.
 *
 * Thread-safety: a mapping never changes (a model that somebody sets weights of does). Its calls
 * use the context: one thread at a time. Results are the same bits for any number of threads.
 */
#ifndef L2OSR_MAPPING_H
#define L2OSR_MAPPING_H

#include "l2osr/model.h"

L2OSR_BEGIN_DECLS

/** Opaque mapping. */
typedef struct l2osr_mapping l2osr_mapping;

/**
 * The network of a model: its inputs are the model's features, fed as they are, each a series of
 * its own; u is what the network puts out, before any step size.
 * @param out   the mapping, NULL on failure; free with l2osr_mapping_free()
 * @param ctx   must outlive the mapping
 * @param model counted: may be freed right after
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_mapping_of_model(l2osr_mapping **out,
                                                              l2osr_context *ctx,
                                                              l2osr_model *model);

/**
 * A rule: its input is the gradient, which samples call `g`; u is the update at the rule's default
 * step size, divided by it. The parameter is 0 at every step, so that weight decay does not act.
 * Constants with a value for each group take that of the first.
 * @param rule counted: may be freed right after
 * @return as l2osr_mapping_of_model(), and #L2OSR_EUNSUPPORTED for a rule that reduces over
 * parameters, as norm(g) does
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_mapping_of_rule(l2osr_mapping **out,
                                                             l2osr_context *ctx, l2osr_rule *rule);

/**
 * A formula over whatever names, and `t`, the step from 1, unless an input is called that. See
 * l2osr_predict().
 * @param equation copied
 * @return as l2osr_mapping_of_model(), #L2OSR_EPARSE (names are looked up where it is used), and
 * #L2OSR_EUNSUPPORTED for one that reduces over parameters with mean(), rms() or norm()
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_mapping_of_equation(l2osr_mapping **out,
                                                                 l2osr_context *ctx,
                                                                 const char *equation);

/** Frees a mapping. NULL is allowed. */
L2OSR_API void l2osr_mapping_free(l2osr_mapping *mapping);

/**
 * Updates along every trajectory, from a state of zeros. In a table the names of windows are series
 * that begin at the oldest lag: a mapping over them runs for as many steps as the longest of them
 * is long, in all of which the plain columns are what they are, and the value at the last step
 * counts. A shorter window is 0 before its oldest lag.
 * @param out receives [trajectories][steps]
 * @return #L2OSR_OK; #L2OSR_ENOTFOUND (#L2OSR_EPARSE of a formula) when the samples lack an input,
 * named; #L2OSR_EINVAL, #L2OSR_ENOMEM; #L2OSR_ECANCELED of models and rules
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_mapping_predict(const l2osr_mapping *mapping,
                                                             const l2osr_samples *samples,
                                                             float *out);

/**
 * R2 of a mapping: 1 - (sum of squared errors) / (sum of squared deviations of the target from its
 * mean). Where samples have weights, sums and mean are weighted, and steps of weight 0 do not
 * count, whatever their target.
 * @return as l2osr_mapping_predict(); #L2OSR_ENONFINITE when a prediction or a target that counts
 * is NaN or infinite, with the place in the message, steps counted from 1 as formulas do;
 * #L2OSR_EINVAL when the target is constant or nothing counts
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_mapping_r2(const l2osr_mapping *mapping,
                                                        const l2osr_samples *samples, double *r2);

/** Options of l2osr_mapping_field(); zero means the default. */
struct l2osr_field_options {
    size_t struct_size; /**< sizeof(struct l2osr_field_options) */
    /** How far back to look, at most all steps; 60, or half the steps where those are fewer. Of a
        window as many as it has, at most these; of a table at most 64. */
    size_t lags;
    size_t positions; /**< steps at which inputs are disturbed, where there are so many: steps - 2
                           lags + 2 of them, at least one; 8 */
    uint64_t seed;    /**< of what they are replaced by, apart from the context's */
};
typedef struct l2osr_field_options l2osr_field_options;

/** Static initialiser of #l2osr_field_options. */
#define L2OSR_FIELD_OPTIONS_INIT                                                                   \
    { sizeof(struct l2osr_field_options), 0, 0, 0 }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_field_options_init(l2osr_field_options *o, size_t size);

/**
 * The temporal perception field of one input: how far back what it was matters. Lags count from 1
 * here: 1 is the current value. Does not grow.
 */
struct l2osr_perception {
    const char *name; /**< of the input; borrowed from the samples */
    double influence; /**< sum over lags of the mean change of u */
    double share;     /**< of the influence of all inputs; 0 when none has any */
    int defined;      /**< non-zero when the share is at least 1 %; else the rest is NaN */
    double mean;      /**< lag, weighted by influence */
    double median;    /**< smallest lag up to which lies half of the influence: T50 */
    double extent;    /**< and 95 % of it: T95 */
};
typedef struct l2osr_perception l2osr_perception;

/** Number of inputs of samples: how many fields l2osr_mapping_field() measures. */
L2OSR_API size_t l2osr_field_count(const l2osr_samples *samples);

/** Name of input `index` of them: features in no window, then windows. NULL past the last; borrowed
 * from the samples. */
L2OSR_API const char *l2osr_field_name(const l2osr_samples *samples, size_t index);

/**
 * Measures the temporal perception field of every input of the samples. The influence of input f at
 * lag k, S[f][k], is the mean of |u(t) - u'(t)|, where in u' the value of f at step t - k is
 * replaced by that of another trajectory at this step, everything else being what it was. So S is
 * in units of u, and of a formula that is linear in f it is the size of the coefficient times the
 * mean difference of two values. Replaced values lie at steps spread over the trajectories, such as
 * have `lags` steps up to them and `lags` from them on, themselves among both; where there is none,
 * at the last step with so many from it on. In a table the columns of a window are replaced one by
 * one. What replaces the values of an input does not depend on what else the mapping reads.
 *
 * Takes as long as (inputs read) x positions predictions. Stage "field" of the progress callback, a
 * unit being one of these. Steps of weight 0 neither count nor are drawn from; where there are
 * weights, the mean is weighted.
 * @param options   NULL: all defaults
 * @param fields    receives [n], in the order of the samples; inputs that the mapping does not read
 *                  have influence 0
 * @param n         l2osr_field_count()
 * @param influence receives S, [n][lags], lags being set in the options; 0 where a window is
 * shorter. NULL is allowed
 * @return as l2osr_mapping_predict(); #L2OSR_EINVAL (fewer than 2 trajectories, n, more lags than
 * steps, `influence` without `lags`; or nothing counts at a lag of an input that is read, which the
 * message names), #L2OSR_ENONFINITE when u is NaN or infinite where it counts, with trajectory and
 * step, or u', with input and lag; #L2OSR_E2BIG, #L2OSR_ECANCELED
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_mapping_field(const l2osr_mapping *mapping,
                                                           const l2osr_samples *samples,
                                                           const l2osr_field_options *options,
                                                           l2osr_perception *fields, size_t n,
                                                           double *influence);

/** What a sweep leaves in its place. */
typedef enum l2osr_held {
    L2OSR_HELD_TYPICAL = 0, /**< one history: at every step the median over the trajectories */
    L2OSR_HELD_OBSERVED = 1 /**< each trajectory its own history: partial dependence */
} l2osr_held;

/** Options of l2osr_mapping_sweep(); zero means the default. */
struct l2osr_sweep_options {
    size_t struct_size; /**< sizeof(struct l2osr_sweep_options) */
    l2osr_held held;    /**< what everything else is */
    size_t step;        /**< at which u is read, from 1; 0: the last */
    size_t lag;         /**< the input varies so many steps before; less than `step`, or, of the
                             window of a table, than its length */
};
typedef struct l2osr_sweep_options l2osr_sweep_options;

/** Static initialiser of #l2osr_sweep_options. */
#define L2OSR_SWEEP_OPTIONS_INIT                                                                   \
    { sizeof(struct l2osr_sweep_options), L2OSR_HELD_TYPICAL, 0, 0 }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_sweep_options_init(l2osr_sweep_options *o, size_t size);

/**
 * Samples u as a function of one input at one step. With #L2OSR_HELD_OBSERVED the function differs
 * from trajectory to trajectory; `median` is the median of its values, `low` and `high` are their
 * quartiles. With #L2OSR_HELD_TYPICAL all three are the one value. A value is NaN where u is not
 * finite. Trajectories of weight 0 at the step do not count, nor do for the median at an earlier
 * one those of weight 0 there; where none is left or finite the history is NaN. Stage "sweep".
 * @param options NULL: all defaults
 * @param input   name of an input of the samples
 * @param n       number of values, at least 1
 * @param values  [n] for the input
 * @param low     receives [n]; NULL is allowed, as of `high`
 * @param median  receives [n]
 * @param high    receives [n]
 * @return as l2osr_mapping_predict(); #L2OSR_ENOTFOUND (no such input), #L2OSR_ERANGE (step, lag),
 * #L2OSR_EINVAL (also when no trajectory counts), #L2OSR_E2BIG, #L2OSR_ECANCELED
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_mapping_sweep(
    const l2osr_mapping *mapping, const l2osr_samples *samples, const l2osr_sweep_options *options,
    const char *input, size_t n, const double *values, double *low, double *median, double *high);

/**
 * Proposes values for a sweep: n of them, evenly from -r to r, which holds the input from its first
 * to its 99th percentile, all steps taken together that have a weight (of a window the current
 * value); from 0 on for an input that is never negative.
 * @return #L2OSR_OK, #L2OSR_ENOTFOUND (no such input), #L2OSR_EINVAL (n < 2), #L2OSR_ENONFINITE (no
 * value that counts is finite; others are passed over), #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_sweep_values(l2osr_context *ctx,
                                                          const l2osr_samples *samples,
                                                          const char *input, size_t n,
                                                          double *values);

L2OSR_END_DECLS

#endif
