/* SPDX-License-Identifier: MIT */
/**
 * @file analysis.h
 * Measures of formulas: their errors, and what a search for them tells about the optimizer that
 * they were distilled from. doc/analysis.md says what the figures mean; l2osr/mapping.h has the
 * measures of whatever else steps.
 *
 * Thread-safety: one thread at a time for a context and what is made from it; but the points of a
 * study, its best R2 and its mapping complexity may be read by any number of threads while nobody
 * adds fronts.
 */
#ifndef L2OSR_ANALYSIS_H
#define L2OSR_ANALYSIS_H

#include "l2osr/mapping.h"
#include "l2osr/meta.h"
#include "l2osr/sr.h"

L2OSR_BEGIN_DECLS

/**
 * Computes a formula along every trajectory, with lags and averages starting from zero:
 * l2osr_mapping_predict() of l2osr_mapping_of_equation().
 * @param equation expression over the names of the samples, and `t`, the step from 1
 * @param out      receives [trajectories][steps]
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_EPARSE, #L2OSR_EUNSUPPORTED (mean(), rms() or norm()),
 * #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_predict(l2osr_context *ctx,
                                                     const l2osr_samples *samples,
                                                     const char *equation, float *out);

/**
 * R2 of a formula: l2osr_mapping_r2() of l2osr_mapping_of_equation().
 * @return as l2osr_predict(); #L2OSR_ENONFINITE (a prediction or target that counts), #L2OSR_EINVAL
 * also when the target is constant
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_r2(l2osr_context *ctx, const l2osr_samples *samples,
                                                const char *equation, double *r2);

/** Opaque complexity study: formulas of independent searches, measured on the same samples. They
 * are numbered from 0 as in their fronts, also in messages. */
typedef struct l2osr_complexity l2osr_complexity;

/** A formula of a study. Grows at its end only; seen through pointers. */
struct l2osr_complexity_point {
    size_t run;           /**< number of its search, from 0 */
    unsigned complexity;  /**< as its front has it */
    double r2;            /**< on the samples of the study */
    const char *equation; /**< borrowed from the study */
    /** Its temporal perception fields, [l2osr_field_count()]; borrowed. Of a formula whose values
       are not finite once inputs are disturbed all figures are NaN and none is defined. */
    const l2osr_perception *fields;
};
typedef struct l2osr_complexity_point l2osr_complexity_point;

/**
 * Begins a study of how complex a mapping is, and how far back it looks, by what was distilled from
 * it.
 * @param out     the study, NULL on failure; free with l2osr_complexity_free()
 * @param samples to measure on, best such as the searches have not seen; more trajectories than
 * one. Kept by reference: they must outlive the study, and not change, or its runs could not be
 * compared
 * @param options of l2osr_mapping_field(); NULL: all defaults
 * @return #L2OSR_OK, #L2OSR_EINVAL (options, one trajectory), #L2OSR_ENONFINITE (a target that
 * counts), #L2OSR_ENOMEM, #L2OSR_E2BIG
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_complexity_create(l2osr_complexity **out,
                                                               l2osr_context *ctx,
                                                               const l2osr_samples *samples,
                                                               const l2osr_field_options *options);

/** Frees a study. NULL is allowed. */
L2OSR_API void l2osr_complexity_free(l2osr_complexity *study);

/**
 * Measures every formula of a front, that of one search, as the next run. Formulas with a value
 * that is not finite where it counts are rejected: they are no points. Stage "complexity", a unit
 * being a formula.
 * @param front not kept
 * @return #L2OSR_OK, #L2OSR_EPARSE (a formula reads what the samples lack; the message names it),
 * #L2OSR_EUNSUPPORTED (it reduces over parameters), #L2OSR_EINVAL (constant target; nothing counts
 * at a lag), #L2OSR_ECANCELED, #L2OSR_ENOMEM; the study is as before after a failure
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_complexity_add_front(l2osr_complexity *study,
                                                                  const l2osr_front *front);

L2OSR_API size_t l2osr_complexity_runs(const l2osr_complexity *study);     /**< Fronts added. */
L2OSR_API size_t l2osr_complexity_points(const l2osr_complexity *study);   /**< Formulas. */
L2OSR_API size_t l2osr_complexity_rejected(const l2osr_complexity *study); /**< No points. */

/** Formula `index`, by run and then as in its front; NULL when out of range. Borrowed. */
L2OSR_API const l2osr_complexity_point *l2osr_complexity_get(const l2osr_complexity *study,
                                                             size_t index);

/** The best R2 of a run with at most so many nodes, over runs. Runs without such a formula do not
 * count; NaN when none has one. */
L2OSR_API l2osr_spread l2osr_complexity_best(const l2osr_complexity *study, unsigned nodes);

/**
 * Mapping complexity, over runs: the complexity of the simplest formula of a run whose R2 is at
 * most `tolerance` |R2max| below R2max, the best of that run. Runs without formulas do not count.
 * @param tolerance such as 0.02; negative means that
 */
L2OSR_API l2osr_spread l2osr_complexity_mapping(const l2osr_complexity *study, double tolerance);

/**
 * The temporal perception field of what was distilled: of every input, means over the formulas of
 * all runs whose R2 is at least 0.9 of the best of all, weighted by R2. Mean lag, T50 and T95 are
 * those of the formulas in which the field is defined. All figures are NaN when none of these
 * formulas has a field.
 * @param fields receives [n]
 * @param n      l2osr_field_count()
 * @return #L2OSR_OK, #L2OSR_EINVAL (NULL, n, or no formula has a positive R2)
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_complexity_field(const l2osr_complexity *study,
                                                              l2osr_perception *fields, size_t n);

/**
 * Writes run,complexity,r2, then of every input NAME_share,NAME_mean,NAME_t50,NAME_t95, and
 * equation as CSV, atomically. What is not defined is nan.
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_EIO, #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_complexity_save(const l2osr_complexity *study,
                                                             const char *path);

L2OSR_END_DECLS

#endif
