/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/context.h"
#include "base/rng.h"
#include "meta/episode.h"
#include "optimizers.h"

/* Processor time, which does not count what others take of a processor. */
static double thread_seconds(void) {
    struct timespec spent;
    clock_gettime(CLOCK_THREAD_CPUTIME_ID, &spent);
    return (double)spent.tv_sec + 1e-9 * (double)spent.tv_nsec;
}

static bool is_known(const struct setup *s, const struct run *run) {
    struct figures f;
    for (size_t k = 0; k <= run->last; k++)
        if (!find_figures(s, run, k, &f))
            return false;
    return f.measured || !run->metric;
}

void plan_run(const struct setup *s, struct plan *plan, struct run run) {
    if (is_known(s, &run))
        return;
    if (plan->n == plan->capacity) {
        plan->capacity = plan->capacity ? 2 * plan->capacity : 256;
        plan->runs = realloc(plan->runs, plan->capacity * sizeof *plan->runs);
        if (!plan->runs)
            fail("out of memory");
    }
    plan->runs[plan->n++] = run;
}

/* Runs share the threads out, each being done by one: it takes turns with the others at `mutex`. */
struct work {
    struct setup *s;
    const struct run *runs;
    l2osr__stage stage;
    size_t done;
    pthread_mutex_t mutex;
};

/* As l2osr_curves_at() has it. */
static double loss_at(const double *losses, size_t step) {
    const size_t tail = step < 20 ? step : 20;
    double sum = 0;
    for (size_t t = step - tail; t < step; t++)
        sum += losses[t];
    return sum / (double)tail;
}

static l2osr_status take_turn(struct work *w, const struct run *run, const struct figures *figures,
                              double seconds) {
    struct problem *problem = &w->s->problems[run->problem];
    pthread_mutex_lock(&w->mutex);
    keep_figures(w->s, run, figures);
    problem->seconds += seconds;
    problem->steps += w->s->marks[run->last];
    const l2osr_status status = l2osr__stage_tick(&w->stage, ++w->done, NAN, problem->name);
    pthread_mutex_unlock(&w->mutex);
    return status;
}

static l2osr_status do_run(void *argument, size_t index) {
    struct work *w = argument;
    const struct run *run = &w->runs[index];
    const size_t steps = w->s->marks[run->last];
    const double start = thread_seconds();
    struct figures figures[MARKS];
    double accuracy = NAN;
    const l2osr__episode episode = {.task = w->s->problems[run->problem].task,
                                    .rule = run->rule,
                                    .lr = run->lr,
                                    .seed =
                                        l2osr__seed_split(l2osr_context_seed(w->s->ctx), run->seed),
                                    .steps = steps,
                                    .metrics = run->metric ? &accuracy : NULL};
    double *losses = malloc(steps * sizeof *losses);
    if (!losses)
        fail("out of memory");
    l2osr_status status = l2osr__episode_run(w->s->ctx, &episode, losses);
    for (size_t k = 0; k <= run->last; k++)
        figures[k] = (struct figures){.loss = loss_at(losses, w->s->marks[k]), .accuracy = NAN};
    figures[run->last].accuracy = accuracy;
    figures[run->last].measured = run->metric;
    free(losses);
    return status == L2OSR_OK ? take_turn(w, run, figures, thread_seconds() - start) : status;
}

bool do_runs(struct setup *s, struct plan *plan, const char *title) {
    struct work w = {.s = s, .runs = plan->runs};
    const double start = time_now();
    bool was_stopped = false;
    if (pthread_mutex_init(&w.mutex, NULL) != 0)
        fail("out of memory");
    l2osr__stage_begin(&w.stage, s->ctx, title, plan->n);
    was_stopped = stopped(s->ctx, l2osr__parallel_for(s->ctx, plan->n, do_run, &w));
    pthread_mutex_destroy(&w.mutex);
    printf("%s: %zu of %zu runs in %.1f s\n", title, w.done, plan->n, time_now() - start);
    fflush(stdout);
    free(plan->runs);
    *plan = (struct plan){0};
    return was_stopped;
}
