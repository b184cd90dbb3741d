/* SPDX-License-Identifier: MIT */
#include "meta/imitation.h"

#include <string.h>

#include "meta/episode.h"
#include "rule/engine.h"

struct l2osr__imitation {
    l2osr_context *ctx;
    l2osr__unroll *teacher; /* keeps x before every step, so that labels are differences */
    l2osr_stepper *student; /* its state only: what it would change is thrown away */
    float *state;           /* of the student at the start of the window */
    float *dx;
    double lr; /* of the student */
};

/* Momentum with a look at the gradient of now, both normalised, bounded like a model's output. Over
 * a network's first 200 and 600 steps it beats Adam at its best step size; see doc/meta-training.md
 * for the grid it came from. */
static const char default_teacher[] = "l2osr-rule 1\n"
                                      "let b = 0.95\n"
                                      "let m = ema(g, b) / (1 - b^t)\n"
                                      "let v = ema(g^2, b) / (1 - b^t)\n"
                                      "let vs = sqrt(v) + 1e-12\n"
                                      "default lr = 0.01\n"
                                      "update = -lr * tanh(1.5 * m / vs + 0.3 * g / vs)\n";

static l2osr_status create_teacher(l2osr__imitation *im, l2osr_rule *rule,
                                   const l2osr__unroll_config *course) {
    l2osr__unroll_config config = *course;
    l2osr_stepper *stepper;
    config.planes = l2osr_rule_state(rule);
    config.keep_x = true;
    L2OSR__TRY(l2osr__stepper_for(&stepper, im->ctx, course->task, rule, NULL));
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
    L2OSR__TRY(l2osr__stepper_for(&im->student, im->ctx, course->task, NULL, model));
    L2OSR__TRY(l2osr__alloc_to(im->ctx, &im->dx, n, sizeof *im->dx));
    return l2osr__alloc_to(im->ctx, &im->state, l2osr_model_state(model), n * sizeof *im->state);
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
    l2osr_stepper_free(im->student);
    l2osr__free(im->ctx, im->state);
    l2osr__free(im->ctx, im->dx);
    l2osr__free(im->ctx, im);
}

l2osr_status l2osr__imitation_restart(l2osr__imitation *im, uint64_t seed) {
    l2osr_stepper_reset(im->student);
    return l2osr__unroll_restart(im->teacher, seed);
}

/* d/du of 0.5 (label - lr u)^2 / dim; the label is the teacher's x after the step less x before it.
 */
static void imitation_upstream(const void *argument, size_t step, size_t first, size_t n,
                               const float *u, float *sums, float *du) {
    const l2osr__imitation *im = argument;
    const l2osr__unroll *teacher = im->teacher;
    const float *before = teacher->xs + step * teacher->dim + first;
    const float *after = step + 1 < teacher->steps ? before + teacher->dim : teacher->x + first;
    const float lr = (float)im->lr, scale = lr / (float)teacher->dim;
    (void)sums;
    for (size_t i = 0; i < n; i++)
        du[i] = scale * (lr * u[i] - (after[i] - before[i]));
}

/* Moves the student's state along the window. */
static l2osr_status follow(l2osr__imitation *im) {
    const l2osr__unroll *teacher = im->teacher;
    for (size_t t = 0; t < teacher->steps; t++) {
        memcpy(im->dx, teacher->xs + t * teacher->dim, teacher->dim * sizeof *im->dx);
        L2OSR__TRY(
            l2osr_stepper_step_f32(im->student, im->dx, teacher->g + t * teacher->dim, NULL));
    }
    return L2OSR_OK;
}

l2osr_status l2osr__imitation_window(l2osr__imitation *im, l2osr__gradient *gradient,
                                     double *flat) {
    l2osr__unroll *teacher = im->teacher;
    const uint64_t before = l2osr_stepper_count(im->student);
    const size_t planes = l2osr_model_state(gradient->model);
    memcpy(im->state, l2osr__stepper_state(im->student), planes * teacher->dim * sizeof *im->state);
    L2OSR__TRY(l2osr__unroll_window(teacher, teacher->config.window));
    L2OSR__TRY(follow(im));
    return l2osr__gradient_run(gradient, im->state, before, teacher->steps, teacher->g,
                               (l2osr__upstream){imitation_upstream, im}, flat);
}
