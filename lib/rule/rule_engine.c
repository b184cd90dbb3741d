/* SPDX-License-Identifier: MIT */
/* The engine of rules: runs the compiled update over blocks. */
#include <string.h>

#include "expr/frame.h"
#include "rule/engine.h"
#include "rule/rule.h"

typedef struct rule_engine {
    l2osr_context *ctx;
    l2osr_rule *rule;
    const l2osr__kernels_f32 *kernels_f32;
    const l2osr__kernels_f64 *kernels_f64;
    double scalars[]; /* of the current step, one a node */
} rule_engine;

static void begin(void *self, uint64_t step, double lr) {
    rule_engine *e = self;
    double inputs[L2OSR__INPUT_COUNT];
    l2osr__rule_inputs(inputs, step, lr);
    l2osr__program_scalars(&e->rule->program, e->scalars, inputs);
}

static void release(void *self) {
    rule_engine *e = self;
    l2osr_rule_free(e->rule);
    l2osr__free(e->ctx, e);
}

void l2osr__scale_f32(size_t n, float *dst, const float *src, double scale) {
    for (size_t i = 0; i < n; i++)
        dst[i] = src[i] * (float)scale;
}

void l2osr__scale_f64(size_t n, double *dst, const double *src, double scale) {
    for (size_t i = 0; i < n; i++)
        dst[i] = src[i] * scale;
}

#define T       float
#define F(name) name##_f32
#include "rule/rule_engine.inc"
#undef T
#undef F

#define T       double
#define F(name) name##_f64
#include "rule/rule_engine.inc"

static const l2osr__engine_class rule_class = {begin, slice_f32, slice_f64, release};

/* FNV-1a of the text: states fit only the rule that made them. */
static uint32_t text_id(const char *text) {
    uint32_t hash = 2166136261u;
    for (; *text; text++)
        hash = (hash ^ (unsigned char)*text) * 16777619u;
    return hash;
}

l2osr_status l2osr_stepper_create(l2osr_stepper **out, l2osr_context *ctx, l2osr_rule *rule,
                                  size_t segments, const size_t *lengths,
                                  const l2osr_stepper_options *options) {
    rule_engine *e;
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    if (!rule)
        return l2osr__fail(ctx, L2OSR_EINVAL, "stepper: rule is NULL");
    L2OSR__TRY(
        l2osr__alloc_to(ctx, &e, 1, sizeof *e + (size_t)rule->expr.count * sizeof e->scalars[0]));
    e->ctx = ctx;
    e->rule = l2osr_rule_ref(rule);
    e->kernels_f32 = l2osr__kernels_f32_of(ctx);
    e->kernels_f64 = l2osr__kernels_f64_of(ctx);
    const l2osr__engine engine = {.class = &rule_class,
                                  .self = e,
                                  .planes = l2osr_rule_state(rule),
                                  .chunk = 1 << 15,
                                  .default_lr = l2osr_rule_default_lr(rule),
                                  .id = text_id(rule->text)};
    return l2osr__stepper_create(out, ctx, engine, segments, lengths, options);
}
