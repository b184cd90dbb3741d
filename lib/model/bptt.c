/* SPDX-License-Identifier: MIT */
#include "model/bptt.h"

#include <string.h>

#include "expr/frame.h"
#include "model/model_state.h"
#include "rule/rule.h"

void l2osr__bptt_scalars(const l2osr_model *m, uint64_t step, size_t steps, double *scalars) {
    for (size_t u = 0; u < steps; u++)
        l2osr__feature_scalars(m, step + u + 1, scalars + u * (size_t)m->expr.count);
}

#define T       float
#define F(name) name##_f32
#include "vec/rows.inc"
#include "model/bptt.inc"
#undef T
#undef F

#define T       double
#define F(name) name##_f64
#include "vec/rows.inc"
#include "model/bptt.inc"
