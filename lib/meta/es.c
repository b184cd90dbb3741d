/* SPDX-License-Identifier: MIT */
#include "meta/es.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"
#include "meta/episode.h"
#include "meta/unroll.h"

/* A pupil on its way. */
typedef struct particle {
    l2osr__pupil *pupil; /* with numbers of its own */
    l2osr__unroll *unroll;
    double *theta; /* these */
    double loss;   /* of the latest window; NaN when it diverged */
    double mean_loss;
    l2osr__reason why; /* it did */
} particle;

typedef struct pair {
    particle side[2]; /* theta + sigma noise, theta - sigma noise */
    double *noise;    /* of this window */
    double *sum;      /* of the noises since the restart, or that of the window */
    bool out;         /* diverged */
} pair;

struct l2osr__es {
    l2osr_context *ctx;
    const l2osr__learner *learner; /* borrowed */
    l2osr__unroll_config config;
    l2osr__es_options options;
    size_t size;           /* numbers of the learner */
    uint64_t seed, window; /* of the episode's perturbations; number in the episode */
    l2osr__pupil *pupil;   /* with the numbers as they are; NULL with persistent particles, */
    l2osr__unroll *center; /* on its way */
    unsigned char *state;  /* of its stepper, before the window */
    size_t state_size;
    pair *pairs;
    double mean_loss;
    size_t taking_part;
};

static l2osr_status create_runner(l2osr__es *es, l2osr__pupil **pupil, l2osr__unroll **out) {
    l2osr_stepper *stepper;
    L2OSR__TRY(l2osr__pupil_create(pupil, es->learner, es->config.task));
    L2OSR__TRY(l2osr__pupil_stepper(&stepper, *pupil, es->config.task, L2OSR_F32));
    return l2osr__unroll_create(out, es->ctx, stepper, &es->config);
}

static l2osr_status create_particle(l2osr__es *es, particle *p) {
    L2OSR__TRY(l2osr__alloc_to(es->ctx, &p->theta, es->size, sizeof *p->theta));
    return create_runner(es, &p->pupil, &p->unroll);
}

static l2osr_status create_pair(l2osr__es *es, pair *p) {
    L2OSR__TRY(l2osr__alloc_to(es->ctx, &p->noise, es->size, sizeof *p->noise));
    L2OSR__TRY(l2osr__alloc_to(es->ctx, &p->sum, es->size, sizeof *p->sum));
    L2OSR__TRY(create_particle(es, &p->side[0]));
    return create_particle(es, &p->side[1]);
}

static l2osr_status create_center(l2osr__es *es) {
    L2OSR__TRY(create_runner(es, &es->pupil, &es->center));
    es->state_size = l2osr_stepper_state_size(es->center->stepper);
    return l2osr__alloc_to(es->ctx, &es->state, 1, es->state_size);
}

static l2osr_status fill(l2osr__es *es) {
    if (!es->options.persistent)
        L2OSR__TRY(create_center(es));
    L2OSR__TRY(l2osr__alloc_to(es->ctx, &es->pairs, es->options.pairs, sizeof *es->pairs));
    for (size_t i = 0; i < es->options.pairs; i++)
        L2OSR__TRY(create_pair(es, &es->pairs[i]));
    return L2OSR_OK;
}

l2osr_status l2osr__es_create(l2osr__es **out, const l2osr__learner *learner,
                              const l2osr__unroll_config *config,
                              const l2osr__es_options *options) {
    l2osr_context *ctx = learner->ctx;
    l2osr__es *es;
    *out = NULL;
    if (options->pairs == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL, "evolution strategies need at least one pair");
    if (!(options->sigma > 0) || isinf(options->sigma))
        return l2osr__fail(ctx, L2OSR_EINVAL,
                           "evolution strategies: sigma is %g; it must be positive and finite",
                           options->sigma);
    L2OSR__TRY(l2osr__alloc_to(ctx, &es, 1, sizeof *es));
    es->ctx = ctx;
    es->learner = learner;
    es->config = *config;
    es->config.window = 0; /* single steps: nothing is kept of a window */
    es->config.keep_x = es->config.half = false;
    es->options = *options;
    es->size = learner->size;
    l2osr_status status = fill(es);
    if (status == L2OSR_OK)
        *out = es;
    else
        l2osr__es_free(es);
    return status;
}

static void free_pair(l2osr__es *es, pair *p) {
    for (int side = 0; side < 2; side++) {
        l2osr__unroll_free(p->side[side].unroll);
        l2osr__pupil_free(p->side[side].pupil);
        l2osr__free(es->ctx, p->side[side].theta);
    }
    l2osr__free(es->ctx, p->noise);
    l2osr__free(es->ctx, p->sum);
}

void l2osr__es_free(l2osr__es *es) {
    if (!es)
        return;
    for (size_t i = 0; es->pairs && i < es->options.pairs; i++)
        free_pair(es, &es->pairs[i]);
    l2osr__free(es->ctx, es->pairs);
    l2osr__unroll_free(es->center);
    l2osr__pupil_free(es->pupil);
    l2osr__free(es->ctx, es->state);
    l2osr__free(es->ctx, es);
}

l2osr_status l2osr__es_restart(l2osr__es *es, uint64_t seed) {
    es->seed = l2osr__seed_split(es->options.seed, seed);
    es->window = 0;
    if (es->center)
        L2OSR__TRY(l2osr__unroll_restart(es->center, seed));
    for (size_t i = 0; i < es->options.pairs; i++) {
        pair *p = &es->pairs[i];
        p->out = false;
        memset(p->sum, 0, es->size * sizeof *p->sum);
        for (int side = 0; side < 2; side++)
            L2OSR__TRY(l2osr__unroll_restart(p->side[side].unroll, seed));
    }
    return L2OSR_OK;
}

/* ---- a window of one particle ---- */

typedef struct job {
    l2osr__es *es;
    const double *numbers; /* as they are */
    size_t steps;
    l2osr__es_loss loss;
} job;

static l2osr_status run_steps(l2osr__unroll *u, size_t steps, double *losses, double *mean) {
    double sum = 0;
    for (size_t k = 0; k < steps; k++) {
        L2OSR__TRY(l2osr__unroll_step(u, &losses[k]));
        sum += losses[k];
    }
    L2OSR__TRY(l2osr__unroll_loss(u, &losses[steps]));
    *mean = (sum + losses[steps]) / (double)(steps + 1);
    return L2OSR_OK;
}

static l2osr_status sum_up(const void *argument, const double *losses, size_t steps, double *loss) {
    (void)argument;
    *loss = 0;
    for (size_t k = 0; k <= steps; k++)
        *loss += losses[k];
    return L2OSR_OK;
}

/* From where the center is. What an episode decides for good, all runs got with the restart. */
static l2osr_status join_center(const l2osr__es *es, l2osr__unroll *u) {
    u->draw = es->center->draw;
    memcpy(u->x, es->center->x, u->dim * sizeof *u->x);
    return l2osr_stepper_state_load(u->stepper, es->state, es->state_size);
}

static l2osr_status move_particle(const job *j, particle *p, const double *noise, double shift,
                                  double *losses) {
    for (size_t i = 0; i < j->es->size; i++)
        p->theta[i] = j->numbers[i] + shift * noise[i];
    L2OSR__TRY(p->pupil->class->set(p->pupil, p->theta));
    if (j->es->center)
        L2OSR__TRY(join_center(j->es, p->unroll));
    L2OSR__TRY(run_steps(p->unroll, j->steps, losses, &p->mean_loss));
    return j->loss.fn(j->loss.arg, losses, j->steps, &p->loss);
}

/* Particle `index % 2` of pair `index / 2`. One that diverges does not end the loop. */
static l2osr_status run_particle(void *argument, size_t index) {
    const job *j = argument;
    pair *own = &j->es->pairs[index / 2];
    particle *p = &own->side[index % 2];
    const double sigma = j->es->options.sigma;
    if (own->out)
        return L2OSR_OK;
    double *losses;
    L2OSR__TRY(l2osr__alloc_to(j->es->ctx, &losses, j->steps + 1, sizeof *losses));
    const l2osr_status status = move_particle(j, p, own->noise, index % 2 ? -sigma : sigma, losses);
    l2osr__free(j->es->ctx, losses);
    if (status != L2OSR_ENONFINITE)
        return status;
    p->loss = NAN;
    l2osr__reason_keep(&p->why, j->es->ctx);
    return L2OSR_OK;
}

/* ---- a window of all ---- */

static void draw_noise(l2osr__es *es) {
    const uint64_t seed = l2osr__seed_split(es->seed, es->window++);
    for (size_t i = 0; i < es->options.pairs; i++) {
        pair *p = &es->pairs[i];
        l2osr_random_normal(seed, i, 0, 1, p->noise, es->size);
        if (es->center) {
            p->out = false;
            memset(p->sum, 0, es->size * sizeof *p->sum);
        }
        for (size_t k = 0; k < es->size; k++)
            p->sum[k] += p->noise[k];
    }
}

/* Adds (L+ - L-) / (2 sigma) times the noise that led there. */
static void add_pair(l2osr__es *es, pair *p, double *flat) {
    const double slope = (p->side[0].loss - p->side[1].loss) / (2 * es->options.sigma);
    p->out = p->out || !isfinite(slope);
    if (p->out)
        return;
    es->taking_part++;
    es->mean_loss += 0.5 * (p->side[0].mean_loss + p->side[1].mean_loss);
    for (size_t i = 0; i < es->size; i++)
        flat[i] += slope * p->sum[i];
}

/* Names the reason of the first pair. */
static l2osr_status fail_all(const l2osr__es *es) {
    const particle *side = es->pairs[0].side;
    return l2osr__fail(es->ctx, L2OSR_ENONFINITE,
                       "task '%s': all %zu pairs of perturbed %ss diverged, the first one: %s",
                       l2osr_task_name(es->config.task), es->options.pairs,
                       es->learner->class->what, side[isnan(side[0].loss) ? 0 : 1].why.text);
}

static l2osr_status estimate(l2osr__es *es, double *flat) {
    es->taking_part = 0;
    es->mean_loss = 0;
    memset(flat, 0, es->size * sizeof *flat);
    for (size_t i = 0; i < es->options.pairs; i++)
        add_pair(es, &es->pairs[i], flat);
    if (es->taking_part == 0)
        return fail_all(es);
    es->mean_loss /= (double)es->taking_part;
    for (size_t i = 0; i < es->size; i++) {
        flat[i] /= (double)es->taking_part;
        if (!isfinite(flat[i]))
            return l2osr__fail(es->ctx, L2OSR_ENONFINITE,
                               "task '%s': the estimated meta-gradient by %s %zu is not finite",
                               l2osr_task_name(es->config.task), es->learner->class->number, i);
    }
    return L2OSR_OK;
}

static l2osr_status move_center(l2osr__es *es, const double *numbers, size_t steps) {
    double *losses;
    L2OSR__TRY(es->pupil->class->set(es->pupil, numbers));
    L2OSR__TRY(l2osr__alloc_to(es->ctx, &losses, steps + 1, sizeof *losses));
    const l2osr_status status = run_steps(es->center, steps, losses, &es->mean_loss);
    l2osr__free(es->ctx, losses);
    return status;
}

l2osr_status l2osr__es_window(l2osr__es *es, const double *numbers, size_t steps,
                              const l2osr__es_loss *loss, double *flat) {
    job j = {es, numbers, steps, loss ? *loss : (l2osr__es_loss){sum_up, NULL}};
    draw_noise(es);
    if (es->center)
        L2OSR__TRY(l2osr_stepper_state_save(es->center->stepper, es->state, es->state_size));
    L2OSR__TRY(l2osr__task_loop(es->ctx, es->config.task, 2 * es->options.pairs, run_particle, &j));
    L2OSR__TRY(estimate(es, flat));
    return es->center ? move_center(es, numbers, steps) : L2OSR_OK;
}

double l2osr__es_mean_loss(const l2osr__es *es) {
    return es->mean_loss;
}

size_t l2osr__es_pairs(const l2osr__es *es) {
    return es->taking_part;
}
