/* SPDX-License-Identifier: MIT */
#include "tuning.h"

#include <math.h>

const char adam_text[] = "l2osr-rule 1\nlet b1 = ~0.9\nlet b2 = ~0.999\n"
                         "let m = ema(g, b1) / (1 - b1^t)\nlet v = ema(g^2, b2) / (1 - b2^t)\n"
                         "default lr = 0.001\nupdate = -lr * m / (sqrt(v) + ~1e-8)\n";

l2osr_meta_estimator estimator_of(int index) {
    static const l2osr_meta_estimator all[ESTIMATORS] = {L2OSR_META_FIRST_ORDER, L2OSR_META_EXACT,
                                                         L2OSR_META_ES, L2OSR_META_PES};
    return all[index];
}

l2osr_tuner_options small_options(int estimator) {
    l2osr_tuner_options o = L2OSR_TUNER_OPTIONS_INIT;
    o.estimator = estimator_of(estimator);
    o.meta_steps = 60;
    o.horizon = 40;
    o.unroll = o.estimator == L2OSR_META_ES ? 40 : 20;
    o.meta_lr = 0.05;
    o.validate_every = 20;
    return o;
}

l2osr_task *small_quadratic(l2osr_context *ctx) {
    l2osr_task *task;
    ck_ok(l2osr_task_quadratic(&task, ctx, 40, 30, 0.1, 2), ctx);
    return task;
}

l2osr_task *small_network(l2osr_context *ctx, l2osr_dataset **digits) {
    const size_t hidden = 8;
    l2osr_mlp_options shape = L2OSR_MLP_OPTIONS_INIT;
    l2osr_task *task;
    shape.hidden = &hidden;
    shape.n_hidden = 1;
    shape.batch = 128;
    shape.activation = L2OSR_TANH;
    shape.start = L2OSR_START_LECUN;
    ck_ok(l2osr_dataset_digits(digits, ctx, 256, 1), ctx);
    ck_ok(l2osr_task_mlp(&task, ctx, *digits, &shape), ctx);
    return task;
}

struct tuning tune(l2osr_context *ctx, const char *text, l2osr_task *task,
                   const l2osr_tuner_options *o) {
    struct tuning t = {.report = L2OSR_META_REPORT_INIT};
    l2osr_tuner *tuner;
    l2osr_rule *start;
    ck_ok(l2osr_rule_parse(&start, ctx, text, NULL), ctx);
    ck_ok(l2osr_tuner_create(&tuner, ctx, start, task, task, o), ctx);
    ck_assert(isnan(l2osr_tuner_first_loss(tuner)));
    ck_ok(l2osr_tuner_run(tuner), ctx);
    ck_ok(l2osr_tuner_rule(tuner, &t.rule), ctx);
    t.first = l2osr_tuner_first_loss(tuner);
    t.best = l2osr_tuner_best_loss(tuner);
    l2osr_tuner_report(tuner, &t.report);
    l2osr_tuner_free(tuner);
    l2osr_rule_free(start);
    return t;
}

static int plain_init(void *user, uint64_t seed, double *x) {
    (void)seed;
    for (size_t i = 0; i < *(const size_t *)user; i++)
        x[i] = 1;
    return 0;
}

static int plain_loss(void *user, const l2osr_draw *draw, const float *x, double *loss,
                      float *grad) {
    (void)draw;
    *loss = (double)x[0];
    for (size_t i = 0; grad && i < *(const size_t *)user; i++)
        grad[i] = x[i];
    return 0;
}

l2osr_task *plain_task(l2osr_context *ctx, size_t *n) {
    const l2osr_group group = {"x", 1, {*n}};
    l2osr_task_callbacks c = L2OSR_TASK_CALLBACKS_INIT;
    l2osr_task *task;
    c.name = "plain";
    c.groups = &group;
    c.n_groups = 1;
    c.init = plain_init;
    c.loss_grad_f32 = plain_loss;
    ck_ok(l2osr_task_create(&task, ctx, &c, n), ctx);
    return task;
}
