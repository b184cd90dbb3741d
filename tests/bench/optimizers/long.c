/* SPDX-License-Identifier: MIT */
/* Rules beyond the horizons that they are compared at. */
#include <math.h>
#include <stdio.h>

#include "names.h"

static struct run run_of(const struct setup *s, size_t p, size_t e, size_t seed) {
    return (struct run){.problem = p,
                        .rule = s->entrants[e].rules[0],
                        .lr = s->entrants[e].lrs[0],
                        .seed = seed,
                        .last = MARKS - 1};
}

static struct mean loss_at(const struct setup *s, size_t p, size_t e, size_t mark) {
    double losses[MAX_SEEDS];
    for (size_t seed = 1; seed <= s->seeds; seed++) {
        const struct run run = run_of(s, p, e, seed);
        losses[seed - 1] = figures_at(s, &run, mark).loss;
    }
    return mean_of(losses, s->seeds);
}

/* Names a rule that does not go on as it should. */
static void judge(const struct setup *s, const char *name, const struct mean *losses) {
    const struct mean before = losses[HORIZONS - 1], end = losses[MARKS - 1];
    size_t k = 0;
    while (k < MARKS && isfinite(losses[k].value))
        k++;
    if (k < MARKS)
        printf("%s: not finite at %s steps\n", name, s->mark_names[k]);
    else if (end.value > before.value)
        printf("%s: rises from %.4g +- %.2g to %.4g +- %.2g\n", name, before.value, before.error,
               end.value, end.error);
}

static void report(struct bench *bench, const struct setup *s) {
    static struct table_names names;
    make_names(s, &names);
    bench_section(bench, "Long runs");
    for (size_t p = 0; p < s->n_problems; p++)
        for (size_t e = 0; e < s->n_entrants; e++) {
            struct mean losses[MARKS];
            for (size_t k = 0; k < MARKS; k++) {
                losses[k] = loss_at(s, p, e, k);
                bench_report(bench, names.cases[p][e], names.loss[k], losses[k].value, "");
                bench_report(bench, names.cases[p][e], names.error[k], losses[k].error, "");
            }
            judge(s, names.cases[p][e], losses);
        }
}

bool run_long(struct bench *bench, struct setup *s) {
    struct plan plan = {0};
    for (size_t p = 0; p < s->n_problems; p++)
        for (size_t e = 0; e < s->n_entrants; e++)
            for (size_t seed = 1; seed <= s->seeds; seed++)
                plan_run(s, &plan, run_of(s, p, e, seed));
    if (do_runs(s, &plan, "long runs"))
        return true;
    report(bench, s);
    return false;
}
