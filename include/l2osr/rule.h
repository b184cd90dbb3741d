/* SPDX-License-Identifier: MIT */
/**
 * @file rule.h
 * Update rules: an optimizer as text. A rule is an expression over time of the inputs `g`
 * (gradient), `x` (parameter), `t` (step, from 1) and `lr` (step size); its value is added to the
 * parameter:
 *
 *     l2osr-rule 1
 *     let m = ema(g, 0.9) / (1 - 0.9^t)
 *     let v = ema(g^2, 0.999) / (1 - 0.999^t)
 *     default lr = 0.001
 *     update = -lr * m / (sqrt(v) + 1e-08)
 *
 * The language is specified in doc/rule-language.md.
 *
 * Thread-safety: a rule never changes and may be used by any number of threads; it is counted, and
 * lives until the last of its users has freed it.
 */
#ifndef L2OSR_RULE_H
#define L2OSR_RULE_H

#include "l2osr/context.h"

L2OSR_BEGIN_DECLS

/** Opaque rule. */
typedef struct l2osr_rule l2osr_rule;

/**
 * Reads a rule from text.
 * @param out  the rule, NULL on failure; free with l2osr_rule_free()
 * @param text a whole rule file
 * @param name for messages, such as a file name; NULL means "rule"
 * @return #L2OSR_OK, #L2OSR_EPARSE with line, column and what was expected, #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_rule_parse(l2osr_rule **out, l2osr_context *ctx,
                                                        const char *text, const char *name);

/** l2osr_rule_parse() of a file; #L2OSR_EIO, #L2OSR_ENOTFOUND. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_rule_load(l2osr_rule **out, l2osr_context *ctx,
                                                       const char *path);

/** Writes the text of a rule to a file, atomically. #L2OSR_EIO. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_rule_save(const l2osr_rule *rule, const char *path);

/**
 * A built-in rule: sgd momentum nesterov adagrad rmsprop adadelta adam adamw amsgrad nadam lion
 * signsgd adafactor lars lamb, as torch.optim or their papers have them; mtilde, gtilde and eq6 of
 * "Symbolic Learning to Optimize". #L2OSR_ENOTFOUND lists them.
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_rule_preset(l2osr_rule **out, l2osr_context *ctx,
                                                         const char *name);

/** Name of built-in rule `index` from 0; NULL past the last. Static storage. */
L2OSR_API const char *l2osr_rule_preset_name(size_t index);

/**
 * Makes the rule "update = lr * (equation)" below some definitions.
 * @param prelude    lines of a rule file with `let`s, such as l2osr_model_features(); NULL for none
 * @param equation   expression over the names of the prelude and g, x, t
 * @param default_lr step size to suggest
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_rule_compose(l2osr_rule **out, l2osr_context *ctx,
                                                          const char *prelude, const char *equation,
                                                          double default_lr);

/** One more user of the rule; returns it. Any thread. */
L2OSR_API l2osr_rule *l2osr_rule_ref(l2osr_rule *rule);

/** One user less; the last one frees it. NULL is allowed. Any thread. */
L2OSR_API void l2osr_rule_free(l2osr_rule *rule);

/** Canonical text; reading it gives the same rule to the last bit. Borrowed from the rule. */
L2OSR_API const char *l2osr_rule_text(const l2osr_rule *rule);

/** The update as LaTeX, `let`s by name. Borrowed from the rule. */
L2OSR_API const char *l2osr_rule_latex(const l2osr_rule *rule);

/**
 * Called for each node of a formula, for drawing it or counting what it is made of.
 * @param user     as given to the walk
 * @param label    the node as it is written, without its operands: a name or the lag of one (`g`,
 *                 `m[3]`), a number (`2`, `~0.9`, `{1, 0.5}`), an operator (`+`, `^`, `-` of one
 *                 operand or two, `[3]` for the lag of a longer operand), or a function (`ema`).
 *                 Valid during the call
 * @param operands number of operands: 0 for names and numbers
 * @return 0 to go on; anything else ends the walk
 */
typedef int (*l2osr_node_visitor)(void *user, const char *label, size_t operands);

/**
 * Walks through the update of a rule, `let`s by name: `visit` sees each node before its operands,
 * and these from left to right. Any thread.
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ECALLBACK (the message has what `visit` returned),
 * #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_rule_walk(const l2osr_rule *rule,
                                                       l2osr_node_visitor visit, void *user);

/**
 * The same of an equation over any names, without functions of your own, such as those of a front
 * whose search had none. Nothing is visited when it cannot be read.
 * @return also #L2OSR_EPARSE, with line, column and what was expected
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_equation_walk(l2osr_context *ctx, const char *equation,
                                                           l2osr_node_visitor visit, void *user);

/** Options of l2osr_rule_simplify(); zero means the default. */
struct l2osr_simplify_options {
    size_t struct_size; /**< sizeof(struct l2osr_simplify_options) */
    /** Non-zero: also laws that do not hold for NaN and infinities, such as 0 * e = 0 and
        exp(log(e)) = e. */
    int finite;
};
typedef struct l2osr_simplify_options l2osr_simplify_options;

/** Static initialiser of #l2osr_simplify_options. */
#define L2OSR_SIMPLIFY_OPTIONS_INIT                                                                \
    { sizeof(struct l2osr_simplify_options), 0 }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_simplify_options_init(l2osr_simplify_options *o, size_t size);

/**
 * The same rule, written more simply: constants that meet are computed, terms take a canonical
 * order, and what is computed twice gets a name. Constants marked `~` stay. No update changes by
 * more than rounding, as long as nothing in between overflows or underflows. (Rules run in a
 * simplified form in any case: this is for people.)
 * @param out     the new rule, NULL on failure; free with l2osr_rule_free()
 * @param options NULL for all defaults
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ENOMEM, #L2OSR_E2BIG
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_rule_simplify(l2osr_rule **out, const l2osr_rule *rule,
                                                           const l2osr_simplify_options *options);

/** Numbers of state per parameter that a stepper of this rule keeps. */
L2OSR_API size_t l2osr_rule_state(const l2osr_rule *rule);

/** The suggested step size; 0.01 when the text gives none. */
L2OSR_API double l2osr_rule_default_lr(const l2osr_rule *rule);

/** The weight decay `wd` that the text suggests; 0 when it gives none. */
L2OSR_API double l2osr_rule_default_wd(const l2osr_rule *rule);

/**
 * Passes over all parameters that a step needs before the last one, for reductions such as
 * `norm(g)`; 0 for most rules. Only callers of l2osr_stepper_begin() need to know.
 */
L2OSR_API size_t l2osr_rule_passes(const l2osr_rule *rule);

/**
 * Number of constants that meta-tuning may change: those marked `~` or, when none is, all that are
 * not whole numbers.
 */
L2OSR_API size_t l2osr_rule_constant_count(const l2osr_rule *rule);

/** Value of tunable constant `index`, in the order of the text; NaN when out of range. */
L2OSR_API double l2osr_rule_constant(const l2osr_rule *rule, size_t index);

/** Name of the `let` that tunable constant `index` is, or "" when it has none. Borrowed. */
L2OSR_API const char *l2osr_rule_constant_name(const l2osr_rule *rule, size_t index);

/**
 * The same rule with other values of its tunable constants.
 * @param values l2osr_rule_constant_count() finite numbers
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_rule_with_constants(l2osr_rule **out,
                                                                 const l2osr_rule *rule,
                                                                 const double *values);

/**
 * The same rule for `n` parameter groups: every constant with a value for each group, `~{...}` or
 * `{...}`, gets a list of `n`, group i taking value kinds[i] of the list of now; past its end the
 * last one. So one short list serves networks with any number of groups; see
 * l2osr_rule_for_task().
 * @param out   the new rule, NULL on failure; free with l2osr_rule_free()
 * @param n     number of groups, at least 1
 * @param kinds n numbers of values, from 0; NULL: group i takes value i
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ERANGE (too many values in all), #L2OSR_ENOMEM,
 * #L2OSR_E2BIG
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_rule_spread(l2osr_rule **out, const l2osr_rule *rule,
                                                         size_t n, const size_t *kinds);

/** How a schedule goes from knot to knot. */
typedef enum l2osr_shape {
    L2OSR_SHAPE_LINEAR = 0, /**< straight: linear(v0, t1, v1, ...) */
    L2OSR_SHAPE_COSINE = 1  /**< by half a cosine: cosine(v0, t1, v1, ...) */
} l2osr_shape;

/** For l2osr_rule_schedule(): the step size. */
#define L2OSR_SCHEDULE_LR ((size_t)-1)

/**
 * The same rule with a schedule in place of a tunable constant: it follows the step through n + 1
 * values of its own, which all begin as the constant was, so that nothing changes until they are
 * tuned. Of a constant {...} every knot is such a list. All constants that could be tuned are
 * marked `~`.
 * @param out   the new rule, NULL on failure; free with l2osr_rule_free()
 * @param index of the tunable constant; #L2OSR_SCHEDULE_LR: `lr` becomes lr times a schedule of
 * ones
 * @param n     number of times, 1 to 64
 * @param times steps of the knots behind the one at step 0: increasing, 1 to 10^9
 * @return #L2OSR_OK, #L2OSR_EINVAL (also for a rule without lr), #L2OSR_ERANGE (no such constant,
 * times), #L2OSR_EPARSE (more nodes than a rule has), #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_rule_schedule(l2osr_rule **out, const l2osr_rule *rule,
                                                           size_t index, l2osr_shape shape,
                                                           size_t n, const size_t *times);

/**
 * Number of powers that l2osr_rule_twin_split() can split: those of what differs between
 * parameters, with a positive constant for exponent, that are defined for all numbers. These are
 * pow(e, a), square(e), cube(e), e^n with a whole n, with the tunable constant that is a factor of
 * theirs, if there is one; and any other product of a tunable constant and e, which counts as
 * pow(e, 1).
 */
L2OSR_API size_t l2osr_rule_power_count(const l2osr_rule *rule);

/** Exponent of power `which`, in the order of the text; NaN when out of range. */
L2OSR_API double l2osr_rule_power(const l2osr_rule *rule, size_t which);

/**
 * The same rule with one power k * pow(e, a) split in two, k1 * pow(e, a + delta) + k2 * pow(e, a -
 * delta), k1 = k2 = k / 2 (1 / 2 without a factor), after the mutation of formulas of "Symbolic
 * Learning to Optimize". All four constants can be tuned. Even powers such as e^2 become those of
 * abs(e), as pow(e, 2) has the sign of e. With delta = 0 the rule steps as before, to rounding. All
 * constants that could be tuned are marked `~`.
 * @param out   the new rule, NULL on failure; free with l2osr_rule_free()
 * @param which below l2osr_rule_power_count(), in the order of the text
 * @param delta less than the exponent, in size; the reference has 0.05
 * @return #L2OSR_OK, #L2OSR_EINVAL, #L2OSR_ERANGE (no such power, delta), #L2OSR_EPARSE (more nodes
 * than a rule has), #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_rule_twin_split(l2osr_rule **out,
                                                             const l2osr_rule *rule, size_t which,
                                                             double delta);

L2OSR_END_DECLS

#endif
