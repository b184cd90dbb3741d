/* SPDX-License-Identifier: MIT */
/* A task of your own through callbacks: complete a table of ratings from few known ones, by giving every person and
 * every film a vector of tastes whose scalar product is the rating. Then compare the classics on it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common.h"

enum { PEOPLE = 120, FILMS = 80, TASTES = 4, DIM = (PEOPLE + FILMS) * TASTES };
enum { KNOWN = 3000, ASIDE = 600, BATCH = 64, RULES = 4 };

/* What the callbacks need: ratings to learn from and, behind them, those kept aside for the metric. */
struct ratings {
    size_t person[KNOWN + ASIDE], film[KNOWN + ASIDE];
    double stars[KNOWN + ASIDE];
};

static double predict(const double *x, size_t person, size_t film) {
    double sum = 0;
    for (size_t k = 0; k < TASTES; k++)
        sum += x[person * TASTES + k] * x[(PEOPLE + film) * TASTES + k];
    return sum;
}

/* Ratings come from hidden tastes, so that there is something to find. Each stream number is a draw of its own. */
static void make_ratings(struct ratings *r, uint64_t seed) {
    double hidden[DIM], where[2 * (KNOWN + ASIDE)];
    l2osr_random_normal(seed, 0, 0, 1, hidden, DIM);
    l2osr_random_uniform(seed, 1, 0, 1, where, 2 * (KNOWN + ASIDE));
    l2osr_random_normal(seed, 2, 0, 0.3, r->stars, KNOWN + ASIDE);
    for (size_t i = 0; i < KNOWN + ASIDE; i++) {
        r->person[i] = (size_t)(where[2 * i] * PEOPLE);
        r->film[i] = (size_t)(where[2 * i + 1] * FILMS);
        r->stars[i] += predict(hidden, r->person[i], r->film[i]);
    }
}

/* The same seed must give the same start: every optimizer of a comparison begins there. */
static int start(void *user, uint64_t seed, double *x) {
    (void)user;
    l2osr_random_normal(seed, 0, 0, 0.3, x, DIM);
    return 0;
}

/* The draw decides the minibatch, not the task, so every optimizer also sees the same ones. */
static int loss_grad(void *user, const l2osr_draw *draw, const double *x, double *loss,
                     double *grad) {
    const struct ratings *r = user;
    size_t items[BATCH];
    const size_t n = l2osr_draw_items(draw, KNOWN, BATCH, items);
    *loss = 0;
    for (size_t i = 0; grad && i < DIM; i++)
        grad[i] = 0;
    for (size_t i = 0; i < n; i++) {
        const size_t p = r->person[items[i]], f = r->film[items[i]];
        const double error = predict(x, p, f) - r->stars[items[i]];
        *loss += error * error / (double)n;
        for (size_t k = 0; grad && k < TASTES; k++) { /* grad is NULL when only the loss is wanted */
            const size_t mine = p * TASTES + k, its = (PEOPLE + f) * TASTES + k;
            grad[mine] += 2 * error * x[its] / (double)n;
            grad[its] += 2 * error * x[mine] / (double)n;
        }
    }
    return 0;
}

static int rms_error(void *user, const double *x, double *value) {
    const struct ratings *r = user;
    double sum = 0;
    for (size_t i = KNOWN; i < KNOWN + ASIDE; i++)
        sum += pow(predict(x, r->person[i], r->film[i]) - r->stars[i], 2);
    *value = sqrt(sum / ASIDE);
    return 0;
}

int main(int argc, char **argv) {
    static const char *const names[RULES] = {"sgd", "momentum", "rmsprop", "adam"};
    static const double lrs[] = {1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1, 3};
    size_t seed = 1, steps = 500;
    const struct flag flags[] = {{"seed", FLAG_COUNT, &seed, "of everything random"},
                                 {"steps", FLAG_COUNT, &steps, "of each run"}};
    read_flags(argc, argv, "Compares the classics on a task made of callbacks.", flags,
               sizeof flags / sizeof flags[0], NULL, NULL, 0);
    l2osr_context *ctx = open_session(0, seed);
    const l2osr_group groups[] = {{"people", 2, {PEOPLE, TASTES}}, {"films", 2, {FILMS, TASTES}}};
    const l2osr_task_callbacks callbacks = {
        .struct_size = sizeof callbacks, .name = "ratings",
        .groups = groups, .n_groups = 2,
        .flags = L2OSR_TASK_CONCURRENT, /* nothing below writes to the ratings */
        .init = start, .loss_grad = loss_grad,
        .metric = rms_error, .metric_name = "error", .free = free};
    struct ratings *ratings = malloc(sizeof *ratings);
    l2osr_evaluate_options o = {.struct_size = sizeof o, .steps = steps, .metric = 1};
    l2osr_entry entries[RULES];
    l2osr_curves *curves;
    l2osr_task *task;
    if (!ratings)
        fail("out of memory");
    make_ratings(ratings, seed);
    must(ctx, l2osr_task_create(&task, ctx, &callbacks, ratings)); /* frees the ratings, too */
    for (size_t i = 0; i < RULES; i++) {
        entries[i] = (l2osr_entry){.name = names[i]};
        must(ctx, l2osr_rule_preset(&entries[i].rule, ctx, names[i]));
        must(ctx, l2osr_grid_search(ctx, task, entries[i].rule, sizeof lrs / sizeof lrs[0], lrs, &o,
                                    &entries[i].lr));
    }
    must(ctx, l2osr_evaluate(&curves, ctx, task, RULES, entries, &o));
    printf("rule      step size  loss at %-4zu       error on ratings kept aside\n", steps);
    for (size_t i = 0; i < RULES; i++) {
        const l2osr_spread loss = l2osr_curves_at(curves, i, steps);
        const l2osr_spread error = l2osr_curves_metric(curves, i);
        printf("%-8s  %9g  %.4f +- %.4f  %.4f +- %.4f\n", names[i], entries[i].lr, loss.mean,
               loss.deviation, error.mean, error.deviation);
        l2osr_rule_free(entries[i].rule);
    }
    l2osr_curves_free(curves);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
    return 0;
}
