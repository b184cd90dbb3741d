/* SPDX-License-Identifier: MIT */
/**
 * @file model.h
 * Numerical learned optimizers: a small recurrent network that is applied to every parameter alike.
 * Its inputs are features of the gradient, written in the rule language; its output u changes the
 * parameter by 0.01 u.
 *
 *     features -> [linear P, ELU] -> LSTM H1 -> LSTM H2 ... -> linear 1 -> [tanh] -> u
 *
 * See doc/models.md for equations and sources.
 *
 * Thread-safety: a model is counted. It may be read, and stepped with, by any number of threads
 * while nobody sets weights.
 */
#ifndef L2OSR_MODEL_H
#define L2OSR_MODEL_H

#include "l2osr/stepper.h"

L2OSR_BEGIN_DECLS

/** Opaque model. */
typedef struct l2osr_model l2osr_model;

/** What becomes of the network's last number. */
typedef enum l2osr_output {
    L2OSR_OUTPUT_PRESET = 0, /**< as in the preset */
    L2OSR_OUTPUT_TANH = 1,   /**< u lies between -1 and 1 */
    L2OSR_OUTPUT_LINEAR = 2, /**< it is u itself */
    /** u = 0.1 tanh(s z), s being a weight "tanh_scale" that starts at 100: the pre-tanh scale */
    L2OSR_OUTPUT_SCALED_TANH = 3
} l2osr_output;

/** For #l2osr_model_options: features go to the LSTM as they are. */
#define L2OSR_MODEL_NO_PRE ((size_t)-1)

/**
 * Options of l2osr_model_create(); zero means what the preset has. A step of the network must not
 * need more than 512 numbers a parameter: #L2OSR_ERANGE says how many it would.
 */
struct l2osr_model_options {
    size_t struct_size; /**< sizeof(struct l2osr_model_options) */
    /**
     * Architecture to start from: "rp_s" (default; m~ and g~, linear 6, LSTM 7, tanh; 446 weights),
     * "rp" (linear 20, LSTM 20, 20, tanh; 6801), "rp_si", "rp_si4" and "rp_t" (five, four and five
     * features, linear 9 or 10, LSTM 12; 1171, 1162, 1225), "rp_magic0" and "rp_magic1" (magic
     * exponents; 452), "dm" (raw gradient, LSTM 20, 20; 5221) or "dm_log" (its logarithm and sign;
     * 5301). See doc/models.md.
     */
    const char *preset;
    uint64_t seed; /**< of the initial weights: uniform as in torch */
    /**
     * Inputs of the network, at most 32 names separated by blanks, commas or '+': features of the
     * catalogue (mt gt m mhat vs g mom5 mom9 mom99 t mag2 mag25 mag3 mag4 logg signg), which enter
     * in this order whatever yours, then those defined by `features`, in your order.
     */
    const char *inputs;
    /**
     * Features of your own: `let` lines of the rule language over g, t and the catalogue. They are
     * the same for all parameters: no x, lr, wd, reductions, constants of groups, nor memory of
     * what does not depend on g.
     */
    const char *features;
    size_t pre;           /**< outputs of the first linear layer, or #L2OSR_MODEL_NO_PRE */
    const size_t *hidden; /**< [n_hidden] sizes of the LSTM layers; copied */
    size_t n_hidden;      /**< number of LSTM layers, at most 3 */
    l2osr_output output;  /**< what becomes of the last number */
    /**
     * Parameter groups with step sizes of their own, at most 65536: weights "lum", which start at
     * 1; parameters of group k change by lr lum[k] u. The model then steps that many segments only.
     */
    size_t groups;
};
typedef struct l2osr_model_options l2osr_model_options;

/** Static initialiser of #l2osr_model_options. */
#define L2OSR_MODEL_OPTIONS_INIT                                                                   \
    { sizeof(struct l2osr_model_options), 0, 0, 0, 0, 0, 0, 0, L2OSR_OUTPUT_PRESET, 0 }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_model_options_init(l2osr_model_options *o, size_t size);

/**
 * Makes a model with random weights.
 * @return #L2OSR_ENOTFOUND (preset, feature), #L2OSR_EPARSE and #L2OSR_EUNSUPPORTED (your
 * features), #L2OSR_EINVAL, #L2OSR_ERANGE (sizes), #L2OSR_ENOMEM
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_model_create(l2osr_model **out, l2osr_context *ctx,
                                                          const l2osr_model_options *options);

/**
 * Reads a model file; checked by length and checksum. It describes the architecture itself, so that
 * neither preset nor catalogue are needed. #L2OSR_ENOTFOUND, #L2OSR_EIO, #L2OSR_EFORMAT.
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_model_load(l2osr_model **out, l2osr_context *ctx,
                                                        const char *path);

/** Writes a model file, atomically; see doc/formats.md. #L2OSR_EIO. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_model_save(const l2osr_model *model, const char *path);

/**
 * Sets all weights from the arrays of a .npz file, which have the names and shapes of the tensors,
 * as a model's state in torch has: `numpy.savez(path, **{k: v.numpy() for k, v in state.items()})`.
 * Stored or compressed; f4 or f8. Everything is checked before anything changes.
 * @return #L2OSR_EFORMAT when it is not such a file, or when arrays are missing, superfluous or of
 * another shape or type; #L2OSR_ENONFINITE, #L2OSR_ENOTFOUND, #L2OSR_EIO
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_model_import(l2osr_model *model, const char *path);

/** Writes all weights as a .npz file (f8, stored), atomically; numpy.load() reads it. #L2OSR_EIO.
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_model_export(const l2osr_model *model,
                                                          const char *path);

/** One more user of the model; returns it. */
L2OSR_API l2osr_model *l2osr_model_ref(l2osr_model *model);

/** One user less; the last one frees it. NULL is allowed. */
L2OSR_API void l2osr_model_free(l2osr_model *model);

L2OSR_API const char *l2osr_model_preset(const l2osr_model *model); /**< It started from. */
L2OSR_API size_t l2osr_model_size(const l2osr_model *model);        /**< Number of weights. */
/** Numbers of state per optimizee parameter. */
L2OSR_API size_t l2osr_model_state(const l2osr_model *model);

/** Definitions of the features, and no others, as lines of a rule file (a prelude for
 * l2osr_rule_compose()). */
L2OSR_API const char *l2osr_model_features(const l2osr_model *model);
L2OSR_API size_t l2osr_model_feature_count(const l2osr_model *model); /**< Inputs. */
/** Name of a feature, such as "mt", by which formulas know it ("time" of the catalogue's t); NULL
 * when out of range. */
L2OSR_API const char *l2osr_model_feature_name(const l2osr_model *model, size_t index);

/** A named array of weights, in torch's layout (gate order i, f, g, o); "lum" is that of groups. */
struct l2osr_tensor {
    const char *name; /**< such as "cells.0.weight_ih"; borrowed from the model */
    size_t rows;      /**< of the matrix, or numbers of a bias */
    size_t cols;      /**< 1 for a bias and for "lum" */
    size_t offset;    /**< of its first entry in the flat vector of weights; row-major */
};
typedef struct l2osr_tensor l2osr_tensor;

L2OSR_API size_t l2osr_model_tensor_count(const l2osr_model *model); /**< Number of tensors. */
/** Tensor `index`; NULL when out of range. Borrowed. */
L2OSR_API const l2osr_tensor *l2osr_model_tensor(const l2osr_model *model, size_t index);

/** The tensor of that name; NULL when there is none. Borrowed. */
L2OSR_API const l2osr_tensor *l2osr_model_tensor_find(const l2osr_model *model, const char *name);

/** The flat vector of weights, l2osr_model_size() numbers; borrowed. */
L2OSR_API const double *l2osr_model_weights(const l2osr_model *model);

/** Replaces all weights. #L2OSR_ENONFINITE, and nothing changes, if one is NaN or infinite. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_model_set_weights(l2osr_model *model,
                                                               const double *weights);

/**
 * Replaces the weights of one tensor: values[rows * cols], row-major.
 * @return #L2OSR_ENOTFOUND, #L2OSR_EINVAL (NULL), #L2OSR_ENONFINITE; then nothing changes
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_model_set_tensor(l2osr_model *model, const char *name,
                                                              const double *values);

/**
 * l2osr_stepper_create() for a model; `lr` scales u, by default 0.01. #L2OSR_EINVAL when the model
 * has step sizes for another number of groups than there are segments.
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_stepper_create_model(
    l2osr_stepper **out, l2osr_context *ctx, l2osr_model *model, size_t segments,
    const size_t *lengths, const l2osr_stepper_options *options);

L2OSR_END_DECLS

#endif
