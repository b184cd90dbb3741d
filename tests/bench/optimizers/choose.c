/* SPDX-License-Identifier: MIT */
/* Step sizes that suit an optimizer best, for each problem and horizon: chosen on runs that are in
 * no table. */
#include <math.h>
#include <stdio.h>

#include "optimizers.h"

enum { FIRST_CHOICE_SEED = 1001 };

/* Losses this many times that of the best step size at the first horizon are beyond hope. */
static const double hopeless = 1.3;

/* Mean loss of a step size at a horizon; infinite where it was given up before. */
static double loss_of(const struct setup *s, size_t p, const struct entrant *e, size_t k,
                      double lr) {
    double sum = 0;
    for (size_t i = 0; i < CHOICE_SEEDS; i++) {
        const struct run run = {
            .problem = p, .rule = e->rules[k], .lr = lr, .seed = FIRST_CHOICE_SEED + i};
        struct figures f;
        sum += find_figures(s, &run, k, &f) && isfinite(f.loss) ? f.loss : INFINITY;
    }
    return sum / CHOICE_SEEDS;
}

static size_t best_of(const struct setup *s, size_t p, const struct entrant *e, size_t k) {
    size_t best = 0;
    double lowest = INFINITY;
    for (size_t i = 0; i < e->n_lrs; i++) {
        const double loss = loss_of(s, p, e, k, e->lrs[i]);
        if (loss < lowest) {
            lowest = loss;
            best = i;
        }
    }
    return best;
}

static void plan_step_size(const struct setup *s, struct plan *plan, size_t p,
                           const struct entrant *e, size_t k, double lr) {
    for (size_t i = 0; i < CHOICE_SEEDS; i++)
        plan_run(s, plan,
                 (struct run){.problem = p,
                              .rule = e->rules[k],
                              .lr = lr,
                              .seed = FIRST_CHOICE_SEED + i,
                              .last = k});
}

/* Goes on with a step size: one run has the losses at all horizons, unless the rule depends on the
 * horizon. */
static void plan_rest(const struct setup *s, struct plan *plan, size_t p, const struct entrant *e,
                      double lr) {
    for (size_t k = e->decays ? 1 : HORIZONS - 1; k < HORIZONS; k++)
        plan_step_size(s, plan, p, e, k, lr);
}

static void plan_hopeful(const struct setup *s, struct plan *plan, size_t p,
                         const struct entrant *e) {
    const double limit = hopeless * loss_of(s, p, e, 0, e->lrs[best_of(s, p, e, 0)]);
    for (size_t i = 0; i < e->n_lrs; i++)
        if (loss_of(s, p, e, 0, e->lrs[i]) <= limit)
            plan_rest(s, plan, p, e, e->lrs[i]);
}

/* What is next to the best at any horizon goes on, too: another one is best there, perhaps. */
static void plan_neighbours(const struct setup *s, struct plan *plan, size_t p,
                            const struct entrant *e) {
    bool wanted[STEP_SIZES] = {false};
    for (size_t k = 0; k < HORIZONS; k++) {
        const size_t best = best_of(s, p, e, k);
        for (size_t i = best ? best - 1 : 0; i < e->n_lrs && i <= best + 1; i++)
            wanted[i] = true;
    }
    for (size_t i = 0; i < e->n_lrs; i++)
        if (wanted[i])
            plan_rest(s, plan, p, e, e->lrs[i]);
}

static void plan_all(const struct setup *s, struct plan *plan, size_t p, const struct entrant *e) {
    for (size_t i = 0; i < e->n_lrs; i++)
        plan_step_size(s, plan, p, e, 0, e->lrs[i]);
}

/* Plans for all entrants that have something to choose. */
static void plan_each(const struct setup *s, struct plan *plan,
                      void (*plan_one)(const struct setup *s, struct plan *plan, size_t p,
                                       const struct entrant *e)) {
    for (size_t p = 0; p < s->n_problems; p++)
        for (const struct entrant *e = s->entrants; e < s->entrants + s->n_entrants; e++)
            if (e->n_lrs > 1)
                plan_one(s, plan, p, e);
}

static void choose(const struct setup *s, size_t p, const struct entrant *e, double *lr) {
    for (size_t k = 0; k < HORIZONS; k++) {
        const size_t best = best_of(s, p, e, k);
        lr[k] = e->lrs[best];
        if (e->n_lrs > 1 && (best == 0 || best + 1 == e->n_lrs))
            printf("warning: %s, %s, %s: the best step size, %g, is at the edge of the grid "
                   "(loss %.4g)\n",
                   s->problems[p].name, e->name, s->mark_names[k], lr[k],
                   loss_of(s, p, e, k, lr[k]));
    }
}

bool choose_step_sizes(struct setup *s, struct choice *choice) {
    struct plan plan = {0};
    plan_each(s, &plan, plan_all);
    if (do_runs(s, &plan, "all step sizes"))
        return true;
    plan_each(s, &plan, plan_hopeful);
    if (do_runs(s, &plan, "hopeful ones"))
        return true;
    while (plan_each(s, &plan, plan_neighbours), plan.n > 0)
        if (do_runs(s, &plan, "next to the best"))
            return true;
    for (size_t p = 0; p < s->n_problems; p++)
        for (size_t e = 0; e < s->n_entrants; e++)
            choose(s, p, &s->entrants[e], choice->lr[p][e]);
    return false;
}

/* Whether a run of the same step size goes further and passes this horizon. */
static bool is_passed(const struct entrant *e, const double *lr, size_t k) {
    for (size_t later = k + 1; later < HORIZONS; later++)
        if (!e->decays && lr[later] == lr[k])
            return true;
    return false;
}

static struct run run_of(const struct setup *s, const struct choice *choice, size_t p, size_t e,
                         size_t k, size_t seed) {
    return (struct run){.problem = p,
                        .rule = s->entrants[e].rules[k],
                        .lr = choice->lr[p][e][k],
                        .seed = seed,
                        .last = k,
                        .metric = k + 1 == HORIZONS};
}

bool run_entrants(struct setup *s, const struct choice *choice) {
    struct plan plan = {0};
    for (size_t p = 0; p < s->n_problems; p++)
        for (size_t e = 0; e < s->n_entrants; e++)
            for (size_t k = HORIZONS; k-- > 0;)
                for (size_t seed = 1; seed <= s->seeds; seed++)
                    if (!is_passed(&s->entrants[e], choice->lr[p][e], k))
                        plan_run(s, &plan, run_of(s, choice, p, e, k, seed));
    return do_runs(s, &plan, "chosen ones");
}

struct figures figures_of(const struct setup *s, const struct choice *choice, size_t problem,
                          size_t entrant, size_t horizon, size_t seed) {
    const struct run run = run_of(s, choice, problem, entrant, horizon, seed);
    return figures_at(s, &run, horizon);
}
