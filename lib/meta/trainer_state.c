/* SPDX-License-Identifier: MIT */
/* Where training is between two episodes, as bytes; specified in doc/formats.md. */
#include <math.h>

#include "base/bytes.h"
#include "meta/trainer.h"

/* One way through a state, whichever the direction: counts only as long as there are no bytes. */
typedef struct walk {
    unsigned char *out;
    const unsigned char *in;
    size_t at;
} walk;

static void word(walk *w, uint64_t *value) {
    if (w->out)
        l2osr__bytes_put(w->out + w->at, *value, 8);
    if (w->in)
        *value = l2osr__bytes_get(w->in + w->at, 8);
    w->at += 8;
}

static void real(walk *w, double *value) {
    uint64_t bits = l2osr__bits_of(*value);
    word(w, &bits);
    *value = l2osr__double_of(bits);
}

static void reals(walk *w, double *values, size_t n) {
    for (size_t i = 0; i < n; i++)
        real(w, &values[i]);
}

static void optimizer(walk *w, l2osr__optimizer *o) {
    word(w, &o->step);
    reals(w, o->moments, o->n_moments);
}

static void curriculum(walk *w, l2osr__curriculum *c) {
    uint64_t improved = c->improved;
    word(w, &c->stage);
    word(w, &c->evaluations);
    word(w, &improved);
    real(w, &c->best);
    c->improved = improved != 0;
}

enum { UNKNOWN_STOP = L2OSR_STOP_CURRICULUM + 1 };

static size_t visit(walk *w, l2osr__trainer *t) {
    uint64_t *const counters[] = {&t->done,     &t->best_step,  &t->episodes,
                                  &t->imitated, &t->epochs,     &t->diverged,
                                  &t->in_a_row, &t->unimproved, &t->back_offs};
    const size_t size = t->learner->size;
    uint64_t stop = t->stop;
    for (size_t i = 0; i < sizeof counters / sizeof counters[0]; i++)
        word(w, counters[i]);
    word(w, &stop);
    t->stop = (l2osr_meta_stop)(stop < UNKNOWN_STOP ? stop : UNKNOWN_STOP);
    real(w, &t->first_loss);
    real(w, &t->best_loss);
    curriculum(w, &t->curriculum);
    reals(w, t->numbers, size);
    reals(w, t->best, size);
    for (size_t i = 0; i < L2OSR__LEADS; i++)
        optimizer(w, &t->optimizers[i]);
    return w->at;
}

size_t l2osr__trainer_state_size(l2osr__trainer *t) {
    walk w = {0};
    return visit(&w, t);
}

void l2osr__trainer_state_put(l2osr__trainer *t, unsigned char *bytes) {
    walk w = {.out = bytes};
    visit(&w, t);
}

static bool all_finite(const double *values, size_t n) {
    for (size_t i = 0; i < n; i++)
        if (!isfinite(values[i]))
            return false;
    return true;
}

/* Second moments are not negative. */
static bool is_optimizer(const l2osr__optimizer *o, uint64_t done) {
    for (size_t i = o->size; i < o->n_moments; i++)
        if (!(o->moments[i] >= 0))
            return false;
    return o->step <= done && all_finite(o->moments, o->n_moments);
}

/* NULL, or what is wrong with a state. */
static const char *check(const l2osr__trainer *t) {
    const size_t size = t->learner->size;
    if (t->done > t->options.meta_steps || t->best_step > t->done)
        return "there are more meta-steps than asked for";
    if (t->imitated > t->episodes || t->epochs > t->episodes || t->diverged > t->episodes ||
        t->in_a_row > t->diverged || t->back_offs > t->diverged + t->epochs)
        return "numbers of episodes contradict one another";
    if ((int)t->stop == UNKNOWN_STOP)
        return "it ended for a reason that there is not";
    if (t->curriculum.stage >= t->curriculum.stages)
        return "the curriculum has no such stage";
    if (!all_finite(t->numbers, size) || !all_finite(t->best, size))
        return "a weight is not finite";
    for (size_t i = 0; i < L2OSR__LEADS; i++)
        if (!is_optimizer(&t->optimizers[i], t->done))
            return "moments make no sense";
    return NULL;
}

const char *l2osr__trainer_state_get(l2osr__trainer *t, const unsigned char *bytes, size_t size) {
    walk w = {.in = bytes};
    if (size != l2osr__trainer_state_size(t))
        return "it has the wrong size";
    visit(&w, t);
    return check(t);
}
