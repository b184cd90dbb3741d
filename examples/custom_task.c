/* SPDX-License-Identifier: MIT */
/* A task of your own through callbacks: complete a table of ratings by giving every person and
 * every film a vector of tastes whose scalar product is the rating. Then compare the classics on
 * it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "common.h"

enum { PEOPLE = 120, FILMS = 80, TASTES = 4, DIM = (PEOPLE + FILMS) * TASTES };
enum { KNOWN = 3000, ASIDE = 600, ALL = KNOWN + ASIDE, BATCH = 64, RULES = 4, LRS = 9 };

/* What the callbacks need: the ratings, at the end those kept aside for the metric. */
struct ratings {
    size_t person[ALL], film[ALL]; /* where the tastes of each begin among the parameters */
    double stars[ALL];
};

static double error_of(const struct ratings *r, size_t i, const double *x) {
    double sum = -r->stars[i];
    for (size_t k = 0; k < TASTES; k++)
        sum += x[r->person[i] + k] * x[r->film[i] + k];
    return sum;
}

/* Ratings come from hidden tastes, so that there is something to find. */
static struct ratings *make_ratings(uint64_t seed) {
    double hidden[DIM], where[2 * ALL];
    struct ratings *r = calloc(1, sizeof *r);
    if (!r)
        fail("out of memory");
    l2osr_random_normal(seed, 0, 0, 1, hidden, DIM); /* stream 0 of the seed */
    l2osr_random_uniform(seed, 1, 0, 1, where, 2 * ALL);
    for (size_t i = 0; i < ALL; i++) {
        r->person[i] = (size_t)(where[2 * i] * PEOPLE) * TASTES;
        r->film[i] = (PEOPLE + (size_t)(where[2 * i + 1] * FILMS)) * TASTES;
        r->stars[i] = error_of(r, i, hidden);
    }
    return r;
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
    for (size_t i = 0; grad && i < DIM; i++) /* no grad: only the loss is wanted */
        grad[i] = 0;
    for (size_t i = 0; i < n; i++) {
        const double error = error_of(r, items[i], x), slope = 2 * error / (double)n;
        *loss += error * error / (double)n;
        for (size_t k = 0; grad && k < TASTES; k++) {
            const size_t person = r->person[items[i]] + k, film = r->film[items[i]] + k;
            grad[person] += slope * x[film];
            grad[film] += slope * x[person];
        }
    }
    return 0;
}

static int rms_error(void *user, const double *x, double *value) {
    double sum = 0;
    for (size_t i = KNOWN; i < ALL; i++)
        sum += pow(error_of(user, i, x), 2);
    *value = sqrt(sum / ASIDE);
    return 0;
}

static l2osr_task *make_task(l2osr_context *ctx) {
    const l2osr_group groups[] = {{"people", 2, {PEOPLE, TASTES}}, {"films", 2, {FILMS, TASTES}}};
    l2osr_task_callbacks c = {.struct_size = sizeof c, .name = "ratings", .free = free};
    l2osr_task *task;
    c.groups = groups;
    c.n_groups = 2;
    c.flags = L2OSR_TASK_CONCURRENT; /* the callbacks only read, so runs may go in parallel */
    c.init = start;
    c.loss_grad = loss_grad;
    c.metric = rms_error;
    c.metric_name = "error";
    must(ctx, l2osr_task_create(&task, ctx, &c, make_ratings(l2osr_context_seed(ctx))));
    return task;
}

int main(int argc, char **argv) {
    static const char *const names[RULES] = {"sgd", "momentum", "rmsprop", "adam"};
    static const double lrs[LRS] = {1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.3, 1, 3, 10};
    read_flags(argc, argv, "Compares the classics on a task of callbacks.", 0, 0, 0, 0, 0);
    l2osr_context *ctx = open_session(0, 1);
    l2osr_task *task = make_task(ctx);
    const l2osr_evaluate_options o = {.struct_size = sizeof o, .steps = 500, .metric = 1};
    l2osr_entry entries[RULES];
    l2osr_curves *curves;
    for (size_t i = 0; i < RULES; i++) {
        entries[i] = (l2osr_entry){.name = names[i]};
        must(ctx, l2osr_rule_preset(&entries[i].rule, ctx, names[i]));
        must(ctx, l2osr_grid_search(ctx, task, entries[i].rule, LRS, lrs, &o, &entries[i].lr));
    }
    must(ctx, l2osr_evaluate(&curves, ctx, task, RULES, entries, &o));
    puts("rule      step size   loss at step 500   error on ratings kept aside");
    for (size_t i = 0; i < RULES; i++) {
        printf("%-8s  %9g   %16.4f   %.4f\n", names[i], entries[i].lr,
               l2osr_curves_at(curves, i, o.steps).mean, l2osr_curves_metric(curves, i).mean);
        l2osr_rule_free(entries[i].rule);
    }
    l2osr_curves_free(curves);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
    return 0;
}
