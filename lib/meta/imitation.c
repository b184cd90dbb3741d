/* SPDX-License-Identifier: MIT */
#include "meta/imitation.h"

#include <string.h>

#include "meta/episode.h"
#include "rule/engine.h"

struct l2osr__imitation {
    l2osr_context *ctx;
    l2osr__unroll *teacher; /* keeps x before every step, so that labels are differences */
    size_t planes;
    float *state;   /* [planes][dim] of the student, which moves nothing */
    uint64_t steps; /* that it has seen */
    double lr;      /* of the student */
};

/* Momentum with a look at the gradient of now, both normalised, bounded like a model's output, and
 * smaller the less momentum there is among the noise. Over a network's first 200 and 600 steps it
 * beats Adam at its best step size; see doc/meta-training.md for the grid it came from. */
static const char default_teacher[] =
    "l2osr-rule 1\n"
    "let b = 0.95\n"
    "let m = ema(g, b) / (1 - b^t)\n"
    "let v = ema(g^2, b) / (1 - b^t)\n"
    "let vs = sqrt(v) + 1e-12\n"
    "let mt = m / vs\n"
    "let signal = ema(mt^2, 0.98) / (1 - 0.98^t)\n"
    "default lr = 0.01\n"
    "update = -lr * tanh(20 * signal * (3 * mt + 0.6 * g / vs))\n";

static l2osr_status create_teacher(l2osr__imitation *im, l2osr_rule *rule,
                                   const l2osr__unroll_config *course) {
    l2osr__unroll_config config = *course;
    l2osr_stepper *stepper;
    config.planes = l2osr_rule_state(rule);
    config.keep_xs = true;
    config.half = false; /* the student is a model */
    L2OSR__TRY(l2osr__stepper_for(&stepper, im->ctx, course->task, rule, NULL, L2OSR_F32));
    return l2osr__unroll_create(&im->teacher, im->ctx, stepper, &config);
}

static l2osr_status create(l2osr__imitation *im, l2osr_model *model, l2osr_rule *teacher,
                           const l2osr__unroll_config *course) {
    const size_t n = l2osr_task_dim(course->task);
    l2osr_rule *rule = teacher ? l2osr_rule_ref(teacher) : NULL;
    l2osr_status status =
        rule ? L2OSR_OK : l2osr_rule_parse(&rule, im->ctx, default_teacher, "teacher");
    if (status == L2OSR_OK)
        status = create_teacher(im, rule, course);
    l2osr_rule_free(rule);
    L2OSR__TRY(status);
    im->planes = l2osr_model_state(model);
    return l2osr__alloc_to(im->ctx, &im->state, im->planes, n * sizeof *im->state);
}

l2osr_status l2osr__imitation_create(l2osr__imitation **out, l2osr_context *ctx, l2osr_model *model,
                                     l2osr_rule *teacher, const l2osr__unroll_config *course) {
    L2OSR__TRY(l2osr__alloc_to(ctx, out, 1, sizeof **out));
    (*out)->ctx = ctx;
    (*out)->lr = 0.01;
    l2osr_status status = create(*out, model, teacher, course);
    if (status != L2OSR_OK) {
        l2osr__imitation_free(*out);
        *out = NULL;
    }
    return status;
}

void l2osr__imitation_free(l2osr__imitation *im) {
    if (!im)
        return;
    l2osr__unroll_free(im->teacher);
    l2osr__free(im->ctx, im->state);
    l2osr__free(im->ctx, im);
}

l2osr_status l2osr__imitation_restart(l2osr__imitation *im, uint64_t seed) {
    im->steps = 0;
    memset(im->state, 0, im->planes * im->teacher->dim * sizeof *im->state);
    return l2osr__unroll_restart(im->teacher, seed);
}

/* d/du of 0.5 (label / lr - u)^2 / dim; the label is the teacher's x after the step less x before
 * it. Without the division gradients of models that see small numbers fall below Adam's epsilon. */
static void imitation_upstream(const void *argument, size_t step, size_t first, size_t n,
                               const float *u, float *sums, float *du) {
    const l2osr__imitation *im = argument;
    const l2osr__unroll *teacher = im->teacher;
    const float *before = teacher->xs + step * teacher->dim + first;
    const float *after = step + 1 < teacher->steps ? before + teacher->dim : teacher->x + first;
    const float lr = (float)im->lr, scale = 1 / (float)teacher->dim;
    (void)sums;
    for (size_t i = 0; i < n; i++)
        du[i] = scale * (u[i] - (after[i] - before[i]) / lr);
}

/* Going through the window for the gradient takes the student's state along. */
l2osr_status l2osr__imitation_window(l2osr__imitation *im, l2osr__gradient *gradient,
                                     double *flat) {
    l2osr__unroll *teacher = im->teacher;
    const uint64_t before = im->steps;
    L2OSR__TRY(l2osr__unroll_window(teacher, teacher->config.window));
    im->steps += teacher->steps;
    return l2osr__gradient_run(gradient, im->state, im->state, before, teacher->steps, teacher->g,
                               (l2osr__upstream){imitation_upstream, im}, flat);
}
