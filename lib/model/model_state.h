/* SPDX-License-Identifier: MIT */
/** @file model_state.h Between state planes and records. */
#ifndef L2OSR_MODEL_MODEL_STATE_H
#define L2OSR_MODEL_MODEL_STATE_H

#include "model/model.h"

/** Fills the h and c of a record from their planes; lanes past n are zero. */
void l2osr__model_load_f32(const l2osr_model *model, float *record, const float *planes,
                           size_t stride, size_t n);
void l2osr__model_load_f64(const l2osr_model *model, double *record, const double *planes,
                           size_t stride, size_t n);

/** Writes the h and c of a record to their planes. */
void l2osr__model_store_f32(const l2osr_model *model, float *planes, size_t stride,
                            const float *record, size_t n);
void l2osr__model_store_f64(const l2osr_model *model, double *planes, size_t stride,
                            const double *record, size_t n);

#endif
