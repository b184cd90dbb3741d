/* SPDX-License-Identifier: MIT */
/* Judging values up to rounding. What another order of the same operations may change is measured,
 * not guessed: the expression is walked several times with every operand off by a unit in the last
 * place, and what these runs differ by is what may differ. */
#include "laws.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Two ways to compute the same may be farther apart than a few runs show. */
enum { SAFETY = 40 };

static bool same_kind(double a, double b) {
    if (isnan(a) || isnan(b))
        return isnan(a) && isnan(b);
    return isinf(a) || isinf(b) ? a == b : true;
}

static void widen(spread *out, const walk *w, int step) {
    const double *noisy = walk_values(w, w->expr->root, step);
    for (size_t i = 0; i < w->scene->size; i++) {
        double *off = &out->off[step][i];
        if (!same_kind(noisy[i], out->value[step][i]))
            *off = NAN;
        else if (isfinite(noisy[i]) && !(fabs(noisy[i] - out->value[step][i]) <= *off))
            *off = isnan(*off) ? NAN : fabs(noisy[i] - out->value[step][i]);
    }
}

/* A comparison that went the other way, or cancellation, leaves nothing to judge. */
static bool is_open(double value, double allowed) {
    return isnan(allowed) || (isfinite(value) && !(allowed <= 1e-3 * (1 + fabs(value))));
}

/* Where the update reads its own past, what is open at one step leaves all later ones open. */
static void forget_after_open(spread *out, const l2osr__expr *expr, const scene *s) {
    bool open = false, feedback = false;
    for (int32_t i = 0; i < expr->count; i++)
        feedback |= expr->nodes[i].op == L2OSR__OP_VAR && expr->nodes[i].a == L2OSR__INPUT_UPDATE;
    for (int step = 0; step < LAW_STEPS && feedback; step++)
        for (size_t i = 0; i < s->size; i++) {
            if (open)
                out->off[step][i] = NAN;
            open |= is_open(out->value[step][i], SAFETY * out->off[step][i]);
        }
}

void spread_of(spread *out, walk *w, const l2osr__expr *expr, const scene *s) {
    walk_all(w, expr, s);
    for (int step = 0; step < LAW_STEPS; step++) {
        memcpy(out->value[step], walk_values(w, expr->root, step), s->size * sizeof(double));
        memset(out->off[step], 0, s->size * sizeof(double));
    }
    for (int run = 1; run <= NOISY_RUNS; run++) {
        walk_noisy(w, expr, s, run);
        for (int step = 0; step < LAW_STEPS; step++)
            widen(out, w, step);
    }
    forget_after_open(out, expr, s);
}

/* A sum that is exactly 0, where with any noise it is not, makes 0 / 0 of a 0: an isolated point,
 * which another order of the same sum may hit or miss. */
static void open_isolated(spread *out, walk *w, const l2osr__expr *form, const scene *s) {
    static double noisy[LAW_STEPS][LARGE_SIZE];
    walk_noisy(w, form, s, 1);
    for (int step = 0; step < LAW_STEPS; step++)
        memcpy(noisy[step], walk_values(w, form->root, step), s->size * sizeof(double));
    walk_exact(w, form, s);
    for (int step = 0; step < LAW_STEPS; step++)
        for (size_t i = 0; i < s->size; i++)
            if (!same_kind(walk_values(w, form->root, step)[i], noisy[step][i]))
                out->off[step][i] = NAN;
}

void spread_limit(spread *out, walk *w, const l2osr__expr *form, const scene *s) {
    static double odd[LAW_STEPS][LARGE_SIZE];
    open_isolated(out, w, form, s);
    for (int run = 1; run <= 2; run++) {
        walk_noisy(w, form, s, run);
        for (int step = 0; step < LAW_STEPS; step++) {
            const double *noisy = walk_values(w, form->root, step);
            for (size_t i = 0; i < s->size && run == 2; i++)
                if (!same_kind(noisy[i], odd[step][i]) ||
                    (isfinite(noisy[i]) &&
                     fabs(noisy[i] - odd[step][i]) > 1e-3 * (1 + fabs(noisy[i]))))
                    out->off[step][i] = NAN;
            memcpy(odd[step], noisy, s->size * sizeof *noisy);
        }
    }
}

bool spread_allows(const spread *wanted, const scene *s, int step, const double *got, tally *t,
                   size_t *place) {
    for (size_t i = 0; i < s->size; i++) {
        const double value = wanted->value[step][i];
        const double allowed = SAFETY * wanted->off[step][i];
        if (is_open(value, allowed)) {
            t->skipped++;
            continue;
        }
        t->judged++;
        *place = i;
        if (!same_kind(got[i], value))
            return false;
        if (isfinite(value) && !(fabs(got[i] - value) <= allowed + 1e-13 * fabs(value) + DBL_MIN))
            return false;
    }
    return true;
}

void report_difference(const char *law, const l2osr__expr *expr, const spread *wanted, int step,
                       size_t place, double got) {
    ck_abort_msg("%s: %.17g, not %.17g (+- %.3g), at parameter %zu of step %d of\n%s", law, got,
                 wanted->value[step][place], wanted->off[step][place], place, step + 1,
                 text_of(expr));
}

void check_tally(const char *law, const tally *t, double most) {
    const long all = t->judged + t->skipped;
    must(t->rules < 200 || (double)t->skipped <= most * (double)all,
         "%s: %ld of %ld values could not be judged", law, t->skipped, all);
}

trial *trial_new(uint64_t seed, int part) {
    trial *t = calloc(1, sizeof *t);
    t->ctx = test_context_with(1, NULL);
    l2osr__rng_init(&t->rng, seed, (uint64_t)part);
    t->walk = walk_new();
    return t;
}

void trial_free(trial *t) {
    walk_free(t->walk);
    l2osr_context_free(t->ctx);
    free(t);
}
