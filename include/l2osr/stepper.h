/* SPDX-License-Identifier: MIT */
/**
 * @file stepper.h
 * The drop-in step: a stepper holds the state of one optimizer for one set of parameters. Rules and
 * numerical models step through the same calls.
 *
 * Thread-safety: a stepper belongs to one owner. Between begin and end, slices that do not overlap
 * may run on any threads at the same time. A step allocates nothing and takes no lock, but for what
 * it takes to wake the context's threads in l2osr_stepper_step_f32() and _f64(), where the model is
 * large enough for them.
 */
#ifndef L2OSR_STEPPER_H
#define L2OSR_STEPPER_H

#include "l2osr/data.h"
#include "l2osr/rule.h"

L2OSR_BEGIN_DECLS

/** Opaque stepper. */
typedef struct l2osr_stepper l2osr_stepper;

/** What becomes of a step whose gradient has a NaN or an infinity. The first one is logged. */
typedef enum l2osr_nonfinite {
    /** Nothing changes, t does not advance, the call succeeds; see l2osr_stepper_refused(). */
    L2OSR_NONFINITE_SKIP = 0,
    /** Nothing changes; #L2OSR_ENONFINITE with a message that names the parameter. */
    L2OSR_NONFINITE_ERROR = 1,
    /** Gradients are not looked at: saves one pass over them. */
    L2OSR_NONFINITE_PROPAGATE = 2
} l2osr_nonfinite;

/** Options of l2osr_stepper_create(); zero means the default. */
struct l2osr_stepper_options {
    size_t struct_size;        /**< sizeof(struct l2osr_stepper_options) */
    l2osr_dtype precision;     /**< #L2OSR_F32 (default) or #L2OSR_F64: of parameters and state */
    const double *lr_mult;     /**< [segments] factors of the step size, copied; NULL: all 1 */
    const double *wd_mult;     /**< [segments] factors of the weight decay, copied; NULL: all 1 */
    l2osr_nonfinite nonfinite; /**< what to do about gradients that are not finite */
};
typedef struct l2osr_stepper_options l2osr_stepper_options;

/** Static initialiser of #l2osr_stepper_options. */
#define L2OSR_STEPPER_OPTIONS_INIT                                                                 \
    { sizeof(struct l2osr_stepper_options), L2OSR_F32, 0, 0, L2OSR_NONFINITE_SKIP }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_stepper_options_init(l2osr_stepper_options *o, size_t size);

/**
 * What a step needs to know. Start from #L2OSR_STEP_ARGS_INIT: unlike options, a step size of 0 is
 * not a default but means that nothing moves, so that schedules may end there.
 */
struct l2osr_step_args {
    size_t struct_size; /**< sizeof(struct l2osr_step_args) */
    double lr; /**< step size; negative means the rule's default, 0 is 0: schedules end there */
    double grad_scale; /**< multiplies the gradient, for sums or negative gradients; 0 means 1 */
    double weight_decay; /**< the rule's `wd`; negative means its default, 0 is 0 */
};
typedef struct l2osr_step_args l2osr_step_args;

/** Static initialiser of #l2osr_step_args. */
#define L2OSR_STEP_ARGS_INIT                                                                       \
    { sizeof(struct l2osr_step_args), -1, 0, -1 }

/** Fills `a` with defaults. */
L2OSR_API void l2osr_step_args_init(l2osr_step_args *a, size_t size);

/**
 * Makes a stepper for `segments` arrays of parameters that lie one behind the other. A segment is a
 * parameter group: multipliers, per-group constants of the rule, and reductions such as `norm(g)`
 * are its own. All memory is allocated here.
 * @param out     the stepper, NULL on failure; free with l2osr_stepper_free()
 * @param rule    counted: may be freed right after
 * @param lengths number of parameters of each segment
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ERANGE (sizes overflow), #L2OSR_ENOMEM, #L2OSR_E2BIG
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_stepper_create(l2osr_stepper **out, l2osr_context *ctx,
                                                            l2osr_rule *rule, size_t segments,
                                                            const size_t *lengths,
                                                            const l2osr_stepper_options *options);

/** Frees a stepper. NULL is allowed. */
L2OSR_API void l2osr_stepper_free(l2osr_stepper *stepper);

/** Number of parameters in all. */
L2OSR_API size_t l2osr_stepper_size(const l2osr_stepper *stepper);

/** Steps done so far. */
L2OSR_API uint64_t l2osr_stepper_count(const l2osr_stepper *stepper);

/**
 * How many steps, or slices between begin and end, had a gradient that was not finite and changed
 * nothing. Any thread.
 */
L2OSR_API size_t l2osr_stepper_refused(const l2osr_stepper *stepper);

/** Forgets everything: as just made. */
L2OSR_API void l2osr_stepper_reset(l2osr_stepper *stepper);

/**
 * One step of the whole model: x[n] is changed in place, g[n] is its gradient, n =
 * l2osr_stepper_size(). Uses the context's threads when that pays; the result does not depend on
 * them.
 * @param args NULL for all defaults
 * @return #L2OSR_OK, #L2OSR_EINVAL (wrong precision), #L2OSR_ESTATE (inside begin and end),
 * #L2OSR_ENONFINITE (when asked for), #L2OSR_E2BIG
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_stepper_step_f32(l2osr_stepper *stepper, float *x,
                                                              const float *g,
                                                              const l2osr_step_args *args);
/** l2osr_stepper_step_f32() for a stepper of precision #L2OSR_F64. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_stepper_step_f64(l2osr_stepper *stepper, double *x,
                                                              const double *g,
                                                              const l2osr_step_args *args);

/**
 * Begins a step: counts it and computes what all parameters share. Then come, for a rule with
 * reductions, l2osr_rule_passes() times reduce slices that cover all parameters and one
 * l2osr_stepper_reduced(); then slices that cover all parameters; then end.
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_stepper_begin(l2osr_stepper *stepper,
                                                           const l2osr_step_args *args);

/**
 * Reads parameters first .. first+n-1 for the sums of this pass; x and g point at the first of them.
 * Slices begin and end at multiples of 4096 from the start of a segment, or at its end. May run on
 * any threads at the same time, as slices may.
 * @return #L2OSR_ESTATE when there is no pass left, #L2OSR_EINVAL (precision, cut), #L2OSR_ERANGE
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_stepper_reduce_f32(l2osr_stepper *stepper,
                                                                size_t first, size_t n,
                                                                const float *x, const float *g);
/** l2osr_stepper_reduce_f32() in f64. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_stepper_reduce_f64(l2osr_stepper *stepper,
                                                                size_t first, size_t n,
                                                                const double *x, const double *g);

/** Ends a reduction pass, when all its slices are done. #L2OSR_ESTATE when there is none. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_stepper_reduced(l2osr_stepper *stepper);

/**
 * Steps parameters first .. first+n-1; x and g point at the first of them. Every parameter must be
 * in exactly one slice of a step. How the range is cut changes no bit of the result. A slice whose
 * gradient is not finite is treated as the options say, on its own: the others are stepped. The
 * message of a slice that fails comes with l2osr_stepper_end().
 * @return #L2OSR_ESTATE outside begin and end or before reductions are done, #L2OSR_EINVAL
 * (precision), #L2OSR_ERANGE, #L2OSR_ENONFINITE
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_stepper_slice_f32(l2osr_stepper *stepper, size_t first,
                                                               size_t n, float *x, const float *g);
/** l2osr_stepper_slice_f32() in f64. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_stepper_slice_f64(l2osr_stepper *stepper, size_t first,
                                                               size_t n, double *x,
                                                               const double *g);

/** Like a slice, but writes the change to dx[n] and leaves x alone; a change that is skipped is 0. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_stepper_delta_f32(l2osr_stepper *stepper, size_t first,
                                                               size_t n, const float *x,
                                                               const float *g, float *dx);
/** l2osr_stepper_delta_f32() in f64. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_stepper_delta_f64(l2osr_stepper *stepper, size_t first,
                                                               size_t n, const double *x,
                                                               const double *g, double *dx);

/** Ends a step. Returns the first failure of any of its slices; #L2OSR_ESTATE without a begin. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_stepper_end(l2osr_stepper *stepper);

/** Bytes of a saved state. */
L2OSR_API size_t l2osr_stepper_state_size(const l2osr_stepper *stepper);

/** Writes the state to `buffer` of l2osr_stepper_state_size() bytes; it may be copied and stored
 * freely. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_stepper_state_save(const l2osr_stepper *stepper,
                                                                void *buffer, size_t size);

/**
 * Takes over a saved state; also before the first step. The stepper is unchanged on failure.
 * @return #L2OSR_EFORMAT when it is not a state of a stepper of this size, precision and rule
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_stepper_state_load(l2osr_stepper *stepper,
                                                                const void *buffer, size_t size);

L2OSR_END_DECLS

#endif
