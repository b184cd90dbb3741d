/* SPDX-License-Identifier: MIT */
#include "training.h"

#include <math.h>

#include "support.h"

l2osr_meta_options small_options(void) {
    l2osr_meta_options o = L2OSR_META_OPTIONS_INIT;
    o.meta_steps = 24;
    o.imitation = 8;
    o.unroll = 10;
    o.horizon = 40;
    o.validate_every = 6;
    return o;
}

l2osr_status open_everything(struct everything *all, l2osr_context *ctx) {
    static const size_t stages[] = {20, 30, 40};
    static const double shares[] = {0.3, 0.6};
    *all = (struct everything){.options = small_options()};
    l2osr_meta_options *o = &all->options;
    l2osr_status status = l2osr_rule_preset(&all->teachers[0], ctx, "adam");
    if (status == L2OSR_OK)
        status = l2osr_rule_preset(&all->teachers[1], ctx, "rmsprop");
    if (status == L2OSR_OK)
        status = l2osr_task_quadratic(&all->tasks[0], ctx, DIM, 30, 0.1, 4);
    if (status == L2OSR_OK)
        status = l2osr_task_quadratic(&all->tasks[1], ctx, 37, 5, 0.1, 5);
    all->mixture[0] = (l2osr_meta_task){all->tasks[0], 2};
    all->mixture[1] = (l2osr_meta_task){all->tasks[1], 0};
    o->meta_steps = 50;
    o->imitation = 4;
    o->validate_every = 2;
    o->curriculum = stages;
    o->n_curriculum = 3;
    o->imitation_shares = shares;
    o->n_imitation_shares = 2;
    o->teachers = all->teachers;
    o->n_teachers = 2;
    o->teacher_stride = 2;
    o->random_scale = 1;
    o->tasks = all->mixture;
    o->n_tasks = 2;
    o->clip = 1;
    o->warmup = 5;
    o->loss = L2OSR_LOSS_LOG_RATIO;
    return status;
}

void close_everything(struct everything *all) {
    for (int i = 0; i < 2; i++) {
        l2osr_rule_free(all->teachers[i]);
        l2osr_task_free(all->tasks[i]);
    }
}

l2osr_status train(l2osr_context *ctx, l2osr_model **model, const l2osr_meta_options *o,
                   l2osr_meta_report *report) {
    l2osr_task *task = NULL;
    *model = NULL;
    l2osr_status status = o->n_tasks ? L2OSR_OK : l2osr_task_quadratic(&task, ctx, DIM, 30, 0.1, 4);
    if (status == L2OSR_OK)
        status = l2osr_model_create(model, ctx, NULL);
    if (status == L2OSR_OK)
        status = l2osr_meta_train(ctx, *model, task, task, o, report);
    l2osr_task_free(task);
    return status;
}

static int parabola_init(void *user, uint64_t seed, double *x) {
    struct parabola *p = user;
    (void)seed;
    p->starts++;
    *x = 1;
    return 0;
}

static int parabola_loss(void *user, const l2osr_draw *draw, const double *x, double *loss,
                         double *grad) {
    const struct parabola *p = user;
    *loss = p->kind == NEGATIVE ? -1 : 1 + *x * *x;
    if (p->kind == NAN_AT_STEP_3 && draw->index == 3)
        *loss = (double)NAN;
    if (grad)
        *grad = 2 * *x;
    return 0;
}

l2osr_task *parabola_task(l2osr_context *ctx, struct parabola *p) {
    const l2osr_group group = {.name = "x", .rank = 1, .shape = {1}};
    const l2osr_task_callbacks callbacks = {.struct_size = sizeof callbacks,
                                            .name = "parabola",
                                            .groups = &group,
                                            .n_groups = 1,
                                            .init = parabola_init,
                                            .loss_grad = parabola_loss};
    l2osr_task *task;
    ck_ok(l2osr_task_create(&task, ctx, &callbacks, p), ctx);
    return task;
}
