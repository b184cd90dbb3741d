/* SPDX-License-Identifier: MIT */
#include "differences.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { UNROLL = DIFFERENCES_UNROLL, WINDOWS = 2, SAMPLES = 60, EPISODE = 5 };
static const double weights_of_losses[WINDOWS * (UNROLL + 1)] = {
    0.3, 1, 0, 2, 1, 0.5, 1, 1, 3, 0.3, 1, 0, 2, 1, 0.5, 1, 1, 3}; /* twice the same */

/* What is run again and again. */
typedef struct course {
    l2osr__pupil *pupil;
    l2osr_task *task;
    const double *numbers, *fed; /* as they are; gradients of the latest window, or NULL */
    l2osr_draw draw;             /* of the episode */
    size_t dim;
    double *start, *x, *g;
} course;

static double dot(size_t n, const double *a, const double *b) {
    double sum = 0;
    for (size_t i = 0; i < n; i++)
        sum += a[i] * b[i];
    return sum;
}

/* Moves c->x on; `fed` are gradients in place of those of the task. */
static double run_window(course *c, l2osr_stepper *stepper, l2osr_draw *draw, const double *fed) {
    double loss, sum = 0;
    for (size_t t = 0; t <= UNROLL; t++) {
        ck_ok(l2osr_task_loss_grad(c->task, draw, c->x, &loss, c->g), c->pupil->ctx);
        draw->index++;
        const double *g = fed ? fed + t * c->dim : c->g;
        sum += weights_of_losses[t] * (fed ? dot(c->dim, g, c->x) : loss);
        if (t < UNROLL)
            ck_ok(l2osr_stepper_step_f64(stepper, c->x, g, NULL), c->pupil->ctx);
    }
    return sum;
}

/* Windows first .. end - 1 of an episode. */
typedef struct stretch {
    int first, end;
} stretch;

/* The meta-loss of a stretch with `moved`, after windows with c->numbers. */
static double meta_loss(course *c, const double *moved, stretch s) {
    l2osr_context *ctx = c->pupil->ctx;
    l2osr_draw draw = c->draw;
    l2osr_stepper *stepper;
    double loss = 0;
    ck_ok(l2osr__pupil_stepper(&stepper, c->pupil, c->task, L2OSR_F64), ctx);
    memcpy(c->x, c->start, c->dim * sizeof *c->x);
    for (int w = 0; w < s.first; w++)
        run_window(c, stepper, &draw, NULL);
    ck_ok(c->pupil->class->set(c->pupil, moved), ctx);
    for (int w = s.first; w < s.end; w++)
        loss += run_window(c, stepper, &draw,
                           c->fed ? c->fed + (size_t)(w - s.first) * (UNROLL + 1) * c->dim : NULL);
    ck_ok(c->pupil->class->set(c->pupil, c->numbers), ctx);
    l2osr_stepper_free(stepper);
    return loss;
}

static double difference(course *c, double *moved, size_t i, stretch s) {
    const double h = 1e-5 * fmax(fabs(moved[i]), 1), value = moved[i];
    moved[i] = value + h;
    const double up = meta_loss(c, moved, s);
    moved[i] = value - h;
    const double down = meta_loss(c, moved, s);
    moved[i] = value;
    return (up - down) / (2 * h);
}

static void check_stretch(course *c, double *moved, const double *flat, stretch s,
                          double tolerance) {
    const size_t size = c->pupil->size, stride = size / SAMPLES + 1;
    double largest = 0;
    for (size_t i = 0; i < size; i++)
        largest = fmax(largest, fabs(flat[i]));
    for (size_t i = 0; i < size; i += stride) {
        const double expected = difference(c, moved, i, s);
        ck_assert_msg(fabs(flat[i] - expected) <= tolerance * largest,
                      "windows %d to %d, number %zu (%g): %.12g, by differences %.12g, largest %g",
                      s.first, s.end, i, moved[i], flat[i], expected, largest);
    }
}

/* The episode's windows one by one, or all of them together. */
static void check_episode(course *c, l2osr__exact *exact, bool together, double tolerance) {
    const size_t size = c->pupil->size;
    double *flat = malloc(size * sizeof *flat), *moved = malloc(size * sizeof *moved);
    memcpy(moved, c->numbers, size * sizeof *moved);
    ck_ok(l2osr__exact_restart(exact, EPISODE), c->pupil->ctx);
    for (int window = 0; window < WINDOWS; window++) {
        ck_ok(window > 0 && together ? l2osr__exact_append(exact)
                                     : l2osr__exact_window(exact, UNROLL),
              c->pupil->ctx);
        ck_ok(l2osr__exact_gradient(exact, weights_of_losses, flat), c->pupil->ctx);
        check_stretch(c, moved, flat, (stretch){together ? 0 : window, window + 1}, tolerance);
    }
    free(flat);
    free(moved);
}

void check_differences(l2osr__pupil *pupil, l2osr_task *task, const double *numbers,
                       l2osr__order order, double tolerance) {
    const size_t row = l2osr_task_dim(task) * sizeof(double);
    course c = {pupil, task, .dim = l2osr_task_dim(task), .numbers = numbers};
    l2osr__exact *exact;
    ck_ok(pupil->class->set(pupil, numbers), pupil->ctx);
    ck_ok(l2osr__exact_create(&exact, pupil, task, WINDOWS, UNROLL, order), pupil->ctx);
    ck_ok(l2osr__exact_restart(exact, EPISODE), pupil->ctx);
    c.draw = exact->draw;
    c.fed = order == L2OSR__FIRST_ORDER ? exact->g : NULL;
    c.start = malloc(row);
    c.x = malloc(row);
    c.g = malloc(row);
    memcpy(c.start, exact->x, row);
    check_episode(&c, exact, false, tolerance);
    check_episode(&c, exact, true, tolerance);
    l2osr__exact_free(exact);
    free(c.start);
    free(c.x);
    free(c.g);
}
