/* SPDX-License-Identifier: MIT */
#include "sanity.h"

#include <math.h>

static double scaled(const double *g) {
    return -0.01 * g[0];
}

static double ramp(const double *g) {
    double sum = 0;
    for (int i = 0; i <= 10; i++)
        sum += (1 - 0.1 * i) * g[i];
    return sum;
}

static double mixed(const double *g) {
    return g[0] * g[0] + g[1] + 2 * g[2] + exp(g[4]);
}

static double decayed(const double *g, double decay, int power) {
    double sum = 0;
    for (int i = SANITY_LAGS - 1; i >= 0; i--)
        sum = decay * sum + (power == 2 ? g[i] * g[i] : g[i]);
    return sum;
}

static double momentum(const double *g) {
    return decayed(g, 0.6, 1);
}

static double adam(const double *g) {
    return decayed(g, 0.9, 1) / sqrt(decayed(g, 0.9, 2));
}

const struct sanity_target sanity_targets[SANITY_TARGETS] = {
    {"scaled", "-0.01 g0", scaled, NULL, 80, 1, 49, "-0.01 g0"},
    {"ramp", "sum_{i <= 10} (1 - 0.1 i) g_i", ramp, NULL, 80, 0.94, 126,
     "g0 + g1 + 0.81 g2 + 0.72 g3 + 0.56 g4 + 0.44 g5 + 0.44 g6 + 0.30 g7 + 0.20 g8"},
    {"mixed", "g0^2 + g1 + 2 g2 + exp(g4)", mixed, NULL, 80, 0.98, 256,
     "0.997 g0^2 + 2 tanh(0.47 g1 + g2 - 0.101 g9) + 1.0007 + g4"},
    {"momentum", "sum_{i < 20} 0.6^i g_i", momentum, NULL, 80, 0.97, 90,
     "g0 + 0.6 g1 + 0.35 g2 + 0.22 g3 + 0.12 g4 + 0.05 asinh(g5 + g6)"},
    {"adam", "sum_{i < 20} 0.9^i g_i / sqrt(sum_{i < 20} 0.9^i g_i^2)", adam,
     "+ - * / sqrt square ema dsum", 12, 0.89, 879,
     "(sum_{i < 20} a_i g_i + b_i asinh(g_i)) / sqrt(sum_{i < 20} c_i g_t^2), as printed"},
};

static void fill(l2osr_samples *all, const struct sanity_target *target, uint64_t seed) {
    double g[SANITY_LAGS];
    for (size_t row = 0; row < SANITY_ROWS; row++) {
        l2osr_random_normal(seed, row, 0, 1, g, SANITY_LAGS);
        for (size_t i = 0; i < SANITY_LAGS; i++)
            *l2osr_samples_series(all, i, row) = (float)g[i];
        *l2osr_samples_target(all, row) = (float)target->value(g);
    }
}

l2osr_status sanity_draw(struct sanity_data *out, l2osr_context *ctx,
                         const struct sanity_target *target, uint64_t seed) {
    static const char *const names[SANITY_LAGS] = {"g0",  "g1",  "g2",  "g3",  "g4",  "g5",  "g6",
                                                   "g7",  "g8",  "g9",  "g10", "g11", "g12", "g13",
                                                   "g14", "g15", "g16", "g17", "g18", "g19"};
    const size_t half = SANITY_ROWS / 2;
    l2osr_samples *all;
    *out = (struct sanity_data){0};
    l2osr_status status = l2osr_samples_create(&all, ctx, SANITY_LAGS, names, SANITY_ROWS, 1);
    if (status != L2OSR_OK)
        return status;
    fill(all, target, seed);
    status = l2osr_samples_find_windows(all);
    if (status == L2OSR_OK)
        status = l2osr_samples_part(&out->train, all, 0, half);
    if (status == L2OSR_OK)
        status = l2osr_samples_part(&out->test, all, half, half);
    l2osr_samples_free(all);
    return status;
}
