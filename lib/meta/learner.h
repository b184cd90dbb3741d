/* SPDX-License-Identifier: MIT */
/**
 * @file learner.h
 * What meta-training changes: the weights of a model, or the free numbers behind the constants of a
 * rule. Trainer and estimators know no more of it than this: a vector of numbers, something that
 * steps with them, and how derivatives come back from there.
 */
#ifndef L2OSR_META_LEARNER_H
#define L2OSR_META_LEARNER_H

#include "base/text.h"
#include "l2osr/model.h"
#include "l2osr/rule.h"
#include "l2osr/task.h"
#include "meta/unroll.h"

typedef struct l2osr__learner l2osr__learner;
typedef struct l2osr__pupil l2osr__pupil;
typedef struct l2osr__slope l2osr__slope;
typedef struct l2osr__backward l2osr__backward;

/** A learner in general: what there is once. */
typedef struct l2osr__learner_class {
    const char *stage;  /* of progress and of messages: "meta-train", "tune" */
    const char *what;   /* what it is called there: "model", "rule" */
    const char *number; /* and a number of it: "weight", "constant" */
    bool imitates;      /* its pupils are models, which can learn from teachers */
    /* What steps on a task with the numbers it is given; one for each task and particle. */
    l2osr_status (*pupil_create)(l2osr__pupil **out, const l2osr__learner *self,
                                 const l2osr_task *task);
    /* Adds what a checkpoint must fit, a line for each thing. */
    void (*describe)(const l2osr__learner *self, l2osr__text *text);
    /* Optional: after an update by `lr`, moves numbers[size] to where they may be. `best` are those
       with the best validation loss so far. */
    void (*project)(const l2osr__learner *self, double *numbers, const double *best, double lr);
} l2osr__learner_class;

struct l2osr__learner {
    const l2osr__learner_class *class;
    l2osr_context *ctx;
    size_t size;         /* numbers */
    const double *start; /* [size]: with which it came */
};

/** A learner on a task. It may be used by several runs at the same time while its numbers stay. */
typedef struct l2osr__pupil_class {
    l2osr_status (*set)(l2osr__pupil *self, const double *numbers);
    void (*free)(l2osr__pupil *self); /* by way of l2osr__pupil_free() */
    /* The two ways back; each made for windows of at most `steps` steps. #L2OSR_EUNSUPPORTED. */
    l2osr_status (*slope_create)(l2osr__slope **out, l2osr__pupil *self, const l2osr_task *task,
                                 size_t steps);
    l2osr_status (*backward_create)(l2osr__backward **out, l2osr__pupil *self,
                                    const l2osr_task *task, size_t steps);
} l2osr__pupil_class;

struct l2osr__pupil {
    const l2osr__pupil_class *class;
    l2osr_context *ctx;
    size_t size;
    l2osr_rule *rule;   /* what steps: owned; one of the two is NULL. Its default step size is */
    l2osr_model *model; /* the learned one, so that steppers need no other */
    bool keep_x;        /* the first-order gradient needs the parameters before a window */
    bool half;          /* and can do with gradients in bfloat16 */
};

/** First order: the gradient of a window's meta-loss, gradients that are fed being constants. */
typedef struct l2osr__slope_class {
    /* Of the sum of unroll->weights[r] f_r over the latest window, to flat[size]. */
    l2osr_status (*window)(l2osr__slope *self, const l2osr__unroll *unroll, double *flat);
    void (*free)(l2osr__slope *self);
} l2osr__slope_class;

struct l2osr__slope {
    const l2osr__slope_class *class;
};

/** One step of a window in f64, backwards. Arrays have a number for each coordinate, planes `dim`
 * numbers. A bar is the derivative of the meta-loss. */
typedef struct l2osr__back_step {
    uint64_t number; /* of the step, from 1 */
    size_t dim;
    const double *state, *x, *g; /* before the step, and fed to it */
    const double *xbar;          /* of the parameters after the step */
    double *statebar;            /* in: of the state after the step; out: of that before it */
    double *gbar, *direct;       /* out: of the gradient fed; of the parameters as far as the step
                                    reads them */
} l2osr__back_step;

/** Exact: one step after another from the end of the window. */
typedef struct l2osr__backward_class {
    /* The end of a window of `steps` steps, `before` steps of the episode being before it. */
    void (*begin)(l2osr__backward *self, uint64_t before, size_t steps);
    l2osr_status (*step)(l2osr__backward *self, const l2osr__back_step *step);
    /* Writes what all steps since the beginning add up to, to flat[size]. */
    void (*finish)(l2osr__backward *self, double *flat);
    void (*free)(l2osr__backward *self);
} l2osr__backward_class;

struct l2osr__backward {
    const l2osr__backward_class *class;
};

/** The learner that a model's weights are (learner_model.c). Borrows the model; its pupils are
 * copies. */
l2osr_status l2osr__learner_of_model(l2osr__learner **out, l2osr_context *ctx,
                                     const l2osr_model *model);
void l2osr__learner_of_model_free(l2osr__learner *learner);

/* ---- what all learners have in common (learner.c) ---- */

/** Makes what steps on a task, with the numbers that the learner came with. */
l2osr_status l2osr__pupil_create(l2osr__pupil **out, const l2osr__learner *learner,
                                 const l2osr_task *task);

/** NULL is allowed. */
void l2osr__pupil_free(l2osr__pupil *pupil);

/** NULL is allowed. */
void l2osr__slope_free(l2osr__slope *slope);

/** NULL is allowed. */
void l2osr__backward_free(l2osr__backward *backward);

/** Makes the stepper of a pupil on a task, in f32 or f64. */
l2osr_status l2osr__pupil_stepper(l2osr_stepper **out, const l2osr__pupil *pupil,
                                  const l2osr_task *task, l2osr_dtype precision);

/** Numbers of state per parameter of that stepper. */
size_t l2osr__pupil_planes(const l2osr__pupil *pupil);

#endif
