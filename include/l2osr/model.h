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

/** Options of l2osr_model_create(); zero means the default. */
struct l2osr_model_options {
    size_t struct_size; /**< sizeof(struct l2osr_model_options) */
    /**
     * Architecture: "rp_s" (default; m~ and g~, linear 6, LSTM 7, tanh; 446 weights), "rp" (linear
     * 20, LSTM 20, 20, tanh; 6801), "rp_si" (five features, linear 9, LSTM 12, tanh; 1171) or "dm"
     * (raw gradient, LSTM 20, 20; 5221).
     */
    const char *preset;
    uint64_t seed; /**< of the initial weights: uniform as in torch */
};
typedef struct l2osr_model_options l2osr_model_options;

/** Static initialiser of #l2osr_model_options. */
#define L2OSR_MODEL_OPTIONS_INIT                                                                   \
    { sizeof(struct l2osr_model_options), 0, 0 }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_model_options_init(l2osr_model_options *o, size_t size);

/** Makes a model with random weights. #L2OSR_ENOTFOUND for an unknown preset. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_model_create(l2osr_model **out, l2osr_context *ctx,
                                                          const l2osr_model_options *options);

/** Reads a model file; checked by length and checksum. #L2OSR_EIO, #L2OSR_EFORMAT. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_model_load(l2osr_model **out, l2osr_context *ctx,
                                                        const char *path);

/** Writes a model file, atomically; see doc/formats.md. #L2OSR_EIO. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_model_save(const l2osr_model *model, const char *path);

/** One more user of the model; returns it. */
L2OSR_API l2osr_model *l2osr_model_ref(l2osr_model *model);

/** One user less; the last one frees it. NULL is allowed. */
L2OSR_API void l2osr_model_free(l2osr_model *model);

L2OSR_API const char *l2osr_model_preset(const l2osr_model *model); /**< Its architecture. */
L2OSR_API size_t l2osr_model_size(const l2osr_model *model);        /**< Number of weights. */
/** Numbers of state per optimizee parameter. */
L2OSR_API size_t l2osr_model_state(const l2osr_model *model);

/** Definitions of the features as lines of a rule file (a prelude for l2osr_rule_compose()). */
L2OSR_API const char *l2osr_model_features(const l2osr_model *model);
L2OSR_API size_t l2osr_model_feature_count(const l2osr_model *model); /**< Inputs. */
/** Name of a feature, such as "mt"; NULL when out of range. */
L2OSR_API const char *l2osr_model_feature_name(const l2osr_model *model, size_t index);

/** A named array of weights, in torch's layout (gate order i, f, g, o). */
struct l2osr_tensor {
    const char *name; /**< such as "cells.0.weight_ih"; borrowed from the model */
    size_t rows;      /**< of the matrix, or numbers of a bias */
    size_t cols;      /**< 1 for a bias */
    size_t offset;    /**< of its first entry in the flat vector of weights; row-major */
};
typedef struct l2osr_tensor l2osr_tensor;

L2OSR_API size_t l2osr_model_tensor_count(const l2osr_model *model); /**< Number of tensors. */
/** Tensor `index`; NULL when out of range. Borrowed. */
L2OSR_API const l2osr_tensor *l2osr_model_tensor(const l2osr_model *model, size_t index);

/** The flat vector of weights, l2osr_model_size() numbers; borrowed. */
L2OSR_API const double *l2osr_model_weights(const l2osr_model *model);

/** Replaces all weights. #L2OSR_ENONFINITE, and nothing changes, if one is NaN or infinite. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_model_set_weights(l2osr_model *model,
                                                               const double *weights);

/** l2osr_stepper_create() for a model; `lr` scales u, by default 0.01. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_stepper_create_model(
    l2osr_stepper **out, l2osr_context *ctx, l2osr_model *model, size_t segments,
    const size_t *lengths, const l2osr_stepper_options *options);

L2OSR_END_DECLS

#endif
