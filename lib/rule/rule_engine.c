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
    double *numbers; /* [groups][nodes], of the current step */
    double *sums;    /* [groups][reductions] */
} rule_engine;

static l2osr_status prepare(void *self, size_t groups) {
    rule_engine *e = self;
    const l2osr__program *p = &e->rule->program;
    L2OSR__TRY(l2osr__alloc_to(e->ctx, &e->numbers, groups + 1,
                               (size_t)p->count * sizeof *e->numbers));
    return l2osr__alloc_to(e->ctx, &e->sums, groups + 1,
                           ((size_t)p->reduction_count + 1) * sizeof *e->sums);
}

static double *numbers_of(const rule_engine *e, size_t group) {
    return e->numbers + group * (size_t)e->rule->program.count;
}

static double *sums_of(const rule_engine *e, size_t group) {
    return e->sums + group * (size_t)e->rule->program.reduction_count;
}

/* The numbers of all groups that are known after `level` passes. */
static void compute_numbers(const rule_engine *e, const l2osr__step *step, int level) {
    const l2osr__program *p = &e->rule->program;
    double inputs[L2OSR__INPUT_COUNT];
    for (size_t group = 0; group < step->groups; group++) {
        l2osr__rule_inputs(inputs, step->number, step->lr[group], step->wd[group]);
        const l2osr__moment moment = {.inputs = inputs,
                                      .step = step->number,
                                      .group = group,
                                      .size = step->sizes[group],
                                      .sums = sums_of(e, group),
                                      .cells = step->cells + group * (size_t)p->cells};
        l2osr__program_scalars(p, &moment, level, numbers_of(e, group));
        if (level == p->passes && p->cells > 0)
            l2osr__program_remember(p, &moment, numbers_of(e, group));
    }
}

static void begin(void *self, const l2osr__step *step) {
    compute_numbers(self, step, 0);
}

/* Blocks are added up in order, whoever summed them. */
static void combine(void *self, const l2osr__step *step, size_t pass) {
    rule_engine *e = self;
    const l2osr__program *p = &e->rule->program;
    const size_t blocks = step->blocks[step->groups];
    for (int32_t k = 0; k < p->reduction_count; k++) {
        if (p->slots[p->reductions[k]].level != (int)pass + 1)
            continue;
        for (size_t group = 0; group < step->groups; group++) {
            double sum = 0;
            for (size_t b = step->blocks[group]; b < step->blocks[group + 1]; b++)
                sum += step->partials[(size_t)k * blocks + b];
            sums_of(e, group)[k] = sum;
        }
    }
    compute_numbers(e, step, (int)pass + 1);
}

static void release(void *self) {
    rule_engine *e = self;
    l2osr_rule_free(e->rule);
    l2osr__free(e->ctx, e->numbers);
    l2osr__free(e->ctx, e->sums);
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

/* A rule with lags of x, which keeps what x was before the step: until then it must not change. */
static bool keeps_parameters(const l2osr_rule *rule) {
    return rule->stepping.slots[rule->form.nodes[rule->next].a].ring > 0;
}

#define T       float
#define F(name) name##_f32
#include "rule/rule_engine.inc"
#undef T
#undef F

#define T       double
#define F(name) name##_f64
#include "rule/rule_engine.inc"

static const l2osr__engine_class rule_class = {prepare,    begin,      slice_f32, slice_f64,
                                               reduce_f32, reduce_f64, combine,   release};

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
    L2OSR__TRY(l2osr__alloc_to(ctx, &e, 1, sizeof *e));
    *e = (rule_engine){.ctx = ctx,
                       .rule = l2osr_rule_ref(rule),
                       .kernels_f32 = l2osr__kernels_f32_of(ctx),
                       .kernels_f64 = l2osr__kernels_f64_of(ctx)};
    const l2osr__engine engine = {.class = &rule_class,
                                  .self = e,
                                  .planes = (size_t)rule->program.planes,
                                  .cells = (size_t)rule->program.cells,
                                  .reductions = (size_t)rule->program.reduction_count,
                                  .passes = (size_t)rule->program.passes,
                                  .grouped = rule->program.grouped,
                                  .chunk = 1 << 15,
                                  .default_lr = l2osr_rule_default_lr(rule),
                                  .default_wd = l2osr_rule_default_wd(rule),
                                  .id = text_id(rule->text)};
    return l2osr__stepper_create(out, ctx, engine, segments, lengths, options);
}
