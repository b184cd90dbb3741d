/* SPDX-License-Identifier: MIT */
/**
 * @file trainer.h
 * Meta-training of a learner (learner.h), in parts: what is asked for (meta_options.c), tasks and
 * what runs on them (seat.c), which episode comes next (plan.c), episodes and updates (train.c),
 * measuring (validate.c), going on later (trainer_state.c, checkpoint.c).
 */
#ifndef L2OSR_META_TRAINER_H
#define L2OSR_META_TRAINER_H

#include "l2osr/meta.h"
#include "meta/curriculum.h"
#include "meta/es.h"
#include "meta/exact.h"
#include "meta/gradient.h"
#include "meta/imitation.h"
#include "meta/learner.h"
#include "meta/loss.h"
#include "meta/optimizer.h"
#include "meta/unroll.h"

/** What the seed is split into. */
enum { L2OSR__SEED_EPISODES, L2OSR__SEED_VALIDATION, L2OSR__SEED_PLANS, L2OSR__SEED_PERTURBATIONS };

/** A task, a pupil on it, and what else runs there, made when it is first needed. */
typedef struct l2osr__seat {
    l2osr_task *task;
    double weight; /* part of all weights */
    l2osr__pupil *pupil;
    l2osr__unroll *unroll; /* on its way, for the first order */
    l2osr__slope *slope;
    l2osr__exact *exact;         /* for the exact gradient */
    l2osr__es *es;               /* for evolution strategies */
    l2osr__imitation **teachers; /* [n_teachers] */
    l2osr__gradient gradient;    /* of what imitates */
} l2osr__seat;

/** Which loss a gradient comes from. Each has its moments. */
typedef enum l2osr__lead { L2OSR__LEAD_LOSS, L2OSR__LEAD_TEACHER, L2OSR__LEADS } l2osr__lead;

typedef struct l2osr__trainer {
    l2osr_context *ctx;
    const l2osr__learner *learner;
    l2osr_task *validation; /* NULL: what is trained on */
    l2osr__pupil *examinee; /* on it */
    l2osr_meta_options options;
    l2osr_meta_task only; /* the mixture when there is none */
    l2osr__meta_loss loss;
    l2osr__seat *seats; /* [options.n_tasks] */
    double *flat;       /* [size] gradient */
    double *by_loss;    /* [options.unroll + 1] derivatives of a window's meta-loss */
    /* The rest of training follows from these, between two episodes: */
    double *numbers, *best; /* [size] */
    l2osr__optimizer optimizers[L2OSR__LEADS];
    double best_loss, first_loss;
    uint64_t done, best_step;     /* updates */
    uint64_t episodes, imitated;  /* ended; of these by a teacher */
    uint64_t epochs;              /* episodes behind the first phase */
    uint64_t diverged, in_a_row;  /* episodes given up; the latest of these */
    uint64_t unimproved;          /* validations since the best one */
    uint64_t back_offs;           /* how often the step size was halved */
    l2osr__curriculum curriculum; /* of one stage when there is none */
    l2osr_meta_stop stop;
    /* Going on later: */
    unsigned char *state; /* at the latest end of an episode; NULL without a checkpoint */
    bool unsaved;         /* and not in the file yet */
    double saved;         /* when the file was written */
} l2osr__trainer;

/** What a training came to. */
typedef struct l2osr__outcome {
    bool began;      /* false when it was refused; then the rest is not set */
    double *numbers; /* [size], of the caller: the best, on failure those at the start */
    l2osr_meta_report report;
} l2osr__outcome;

/**
 * Trains a learner; see l2osr_meta_train(), which does it with models. Stage and messages are those
 * of the learner's class.
 * @param options NULL for all defaults. Learners that do not imitate are refused what has to do
 *                with it
 */
l2osr_status l2osr__train(const l2osr__learner *learner, l2osr_task *task, l2osr_task *validation,
                          const l2osr_meta_options *options, l2osr__outcome *outcome);

/** Writes as much of a report as its size says there is room for: the caller may be older than the
 * library. */
void l2osr__report_hand_over(const l2osr_meta_report *full, l2osr_meta_report *report);

/** Fills in what the caller left out, and checks. The trainer must not move from here on. */
l2osr_status l2osr__trainer_configure(l2osr__trainer *trainer, l2osr_task *task,
                                      const l2osr_meta_options *options);

/** Whether meta-steps imitate because it is the beginning. */
bool l2osr__trainer_begins(const l2osr__trainer *trainer);

bool l2osr__trainer_has_curriculum(const l2osr__trainer *trainer);

/** Steps of an episode in a stage. */
size_t l2osr__trainer_horizon(const l2osr__trainer *trainer, uint64_t stage);

/* ---- episodes ---- */

/** The next episode: a function of seed, counters and stage alone. */
typedef struct l2osr__plan {
    l2osr__lead lead;
    l2osr__seat *seat;
    size_t teacher; /* when led by one */
    size_t windows;
    uint64_t seed;
} l2osr__plan;

l2osr__plan l2osr__plan_next(const l2osr__trainer *trainer);

l2osr_status l2osr__seats_create(l2osr__trainer *trainer);
void l2osr__seats_free(l2osr__trainer *trainer);

/** Gives the trainer's numbers to all pupils. */
l2osr_status l2osr__seats_set(l2osr__trainer *trainer);

/** Frees what nobody needs between two windows: validations take its place. */
void l2osr__seats_rest(l2osr__trainer *trainer);

/** Makes what the plan needs and puts it to the start of the episode. */
l2osr_status l2osr__seat_begin(l2osr__trainer *trainer, const l2osr__plan *plan);

/** Runs a window and writes its gradient to trainer->flat. #L2OSR_ENONFINITE: the episode
 * diverged. */
l2osr_status l2osr__seat_window(l2osr__trainer *trainer, const l2osr__plan *plan);

/* ---- measuring ---- */

/** Before training. */
l2osr_status l2osr__trainer_measure_first(l2osr__trainer *trainer);

/** Between two updates: keeps the best numbers, may stop. #L2OSR_ENONFINITE: back off. */
l2osr_status l2osr__trainer_after_step(l2osr__trainer *trainer);

/** Between two episodes: the same with a curriculum. */
l2osr_status l2osr__trainer_after_epoch(l2osr__trainer *trainer);

/** Goes back to the best numbers. */
l2osr_status l2osr__trainer_restore(l2osr__trainer *trainer);

/* ---- going on later ---- */

/** Reads options.checkpoint. */
l2osr_status l2osr__trainer_resume(l2osr__trainer *trainer);

/** Between two episodes: remembers where training is, and writes it to the file now and then. */
l2osr_status l2osr__trainer_remember(l2osr__trainer *trainer);

/** In the end, however it came: writes what is not in the file yet. */
l2osr_status l2osr__trainer_save(l2osr__trainer *trainer);

/** Bytes of a trainer's state. */
size_t l2osr__trainer_state_size(l2osr__trainer *trainer);
void l2osr__trainer_state_put(l2osr__trainer *trainer, unsigned char *bytes);

/** Takes a state over; NULL, or what is wrong with it. Then the trainer is of no use any more. */
const char *l2osr__trainer_state_get(l2osr__trainer *trainer, const unsigned char *bytes,
                                     size_t size);

#endif
