/* SPDX-License-Identifier: MIT */
#include "ranks.h"

#include <math.h>

struct mean mean_of(const double *values, size_t n) {
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++)
        sum += values[i];
    const double mean = sum / (double)n;
    for (size_t i = 0; i < n; i++)
        squares += (values[i] - mean) * (values[i] - mean);
    return (struct mean){mean, n > 1 ? sqrt(squares / (double)(n - 1) / (double)n) : 0};
}

struct mean mean_loss(const struct setup *s, const struct choice *choice, size_t p, size_t e,
                      size_t k) {
    double losses[MAX_SEEDS];
    for (size_t seed = 1; seed <= s->seeds; seed++)
        losses[seed - 1] = figures_of(s, choice, p, e, k, seed).loss;
    return mean_of(losses, s->seeds);
}

/* What is not finite is behind everything that is. */
static double order_of(double loss) {
    return isfinite(loss) ? loss : INFINITY;
}

/* From 1; equals share their places. Losses that are NAN do not take part. */
static double rank_of(const double *losses, size_t n, size_t e) {
    double rank = 1;
    for (size_t i = 0; i < n; i++)
        if (i != e && !isnan(losses[i]))
            rank += losses[i] < losses[e] ? 1 : losses[i] == losses[e] ? 0.5 : 0;
    return rank;
}

/* Of the variants of each baseline the better one stays. */
static void keep_better(const struct setup *s, double *losses) {
    for (size_t e = 0; e + 1 < s->n_entrants; e++)
        if (s->entrants[e + 1].decays)
            losses[losses[e] <= losses[e + 1] ? e + 1 : e] = NAN;
}

void rank_entrants(const struct setup *s, const struct choice *choice, bool better,
                   struct ranks *ranks) {
    for (size_t p = 0; p < s->n_problems; p++)
        for (size_t k = 0; k < HORIZONS; k++) {
            double losses[MAX_ENTRANTS];
            for (size_t e = 0; e < s->n_entrants; e++)
                losses[e] = order_of(mean_loss(s, choice, p, e, k).value);
            if (better)
                keep_better(s, losses);
            for (size_t e = 0; e < s->n_entrants; e++)
                ranks->at[p][e][k] = isnan(losses[e]) ? NAN : rank_of(losses, s->n_entrants, e);
        }
}
