/* SPDX-License-Identifier: MIT */
/* Data beside the project, and what is drawn. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "sr.h"

const char *sr_shared(const char *file) {
    static char path[4096];
    const char *given = getenv("L2OSR_SHARED");
    snprintf(path, sizeof path, "%s/sr/%s", given ? given : L2OSR_SOURCE_ROOT "/../shared/data",
             file);
    return access(path, R_OK) == 0 ? path : NULL;
}

static struct sr_data split(l2osr_context *ctx, l2osr_samples *all, size_t rows) {
    const size_t count = l2osr_samples_trajectories(all);
    struct sr_data data;
    sr_must(ctx, l2osr_samples_part(&data.train, all, 0, rows));
    sr_must(ctx, l2osr_samples_part(&data.test, all, rows, count - rows));
    l2osr_samples_free(all);
    return data;
}

bool sr_load(struct sr_data *out, l2osr_context *ctx, const char *file, const char *const *names,
             double rows) {
    const char *path = sr_shared(file);
    l2osr_array *array;
    l2osr_samples *all;
    if (!path) {
        printf("%s is not there: skipped; L2OSR_SHARED names the folder of the data\n", file);
        return false;
    }
    sr_must(ctx, l2osr_array_load(&array, ctx, path));
    if (rows < 1)
        rows = floor(rows * (double)l2osr_array_extent(array, 0));
    sr_must(ctx, l2osr_samples_from_array(&all, ctx, array, names, -1));
    sr_must(ctx, l2osr_samples_find_windows(all));
    l2osr_array_free(array);
    *out = split(ctx, all, (size_t)rows);
    return true;
}

void sr_data_free(struct sr_data *data) {
    l2osr_samples_free(data->train);
    l2osr_samples_free(data->test);
}

bool sr_load_paper(struct sr_data *out, l2osr_context *ctx, int which) {
    static const char *const g04_a[] = {"g0", "g1", "g2", "g3", "g4", "t", "avg1", "avg2"};
    static const char *const sr3[] = {"g0", "g1", "g2", "g3", "g4", "mean_g", "mean_g2", "t"};
    return which == SR_DM_G04_A ? sr_load(out, ctx, "dm_g04_a.npy", g04_a, 1860)
                                : sr_load(out, ctx, "dm_sr3.npy", sr3, 5661);
}

struct sr_data sr_sanity(l2osr_context *ctx, size_t target, uint64_t seed) {
    struct sanity_data drawn;
    sr_must(ctx, sanity_draw(&drawn, ctx, &sanity_targets[target], seed));
    return (struct sr_data){drawn.train, drawn.test};
}

/* ---- Feynman lectures, with the ranges of the AI Feynman data base ---- */

static double gauss(const double *x) {
    return exp(-x[0] * x[0] / 2) / sqrt(2 * acos(-1));
}
static double distance(const double *x) {
    return sqrt((x[1] - x[0]) * (x[1] - x[0]) + (x[3] - x[2]) * (x[3] - x[2]));
}
static double coulomb(const double *x) {
    return x[0] * x[1] / (4 * acos(-1) * x[2] * x[3] * x[3]);
}
static double interference(const double *x) {
    return sqrt(x[0] * x[0] + x[1] * x[1] - 2 * x[0] * x[1] * cos(x[2] - x[3]));
}
static double photon(const double *x) {
    return x[0] / (2 * acos(-1)) * x[1];
}
static double relativistic(const double *x) {
    return x[0] * x[2] * x[2] / sqrt(1 - x[1] * x[1] / (x[2] * x[2]));
}
static double dielectric(const double *x) {
    return 1 + x[0] * x[1] / (1 - x[0] * x[1] / 3);
}
static double moment(const double *x) {
    return x[0] * sqrt(x[1] * x[1] + x[2] * x[2] + x[3] * x[3]);
}

enum { MOST_INPUTS = 4, FEYNMAN_ROWS = 1000 };

static const struct {
    const char *name;
    double (*value)(const double *x);
    size_t inputs;
    const char *names[MOST_INPUTS];
    double range[MOST_INPUTS][2];
} feynman[SR_FEYNMAN] = {
    {"I.6.2a", gauss, 1, {"theta"}, {{1, 3}}},
    {"I.8.14", distance, 4, {"x1", "x2", "y1", "y2"}, {{1, 5}, {1, 5}, {1, 5}, {1, 5}}},
    {"I.12.2", coulomb, 4, {"q1", "q2", "epsilon", "r"}, {{1, 5}, {1, 5}, {1, 5}, {1, 5}}},
    {"I.29.16",
     interference,
     4,
     {"x1", "x2", "theta1", "theta2"},
     {{1, 5}, {1, 5}, {1, 5}, {1, 5}}},
    {"I.34.27", photon, 2, {"h", "omega"}, {{1, 5}, {1, 5}}},
    {"I.48.2", relativistic, 3, {"m", "v", "c"}, {{1, 5}, {1, 2}, {3, 10}}},
    {"II.11.28", dielectric, 2, {"n", "alpha"}, {{0, 1}, {0, 1}}},
    {"III.10.19", moment, 4, {"mom", "Bx", "By", "Bz"}, {{1, 5}, {1, 5}, {1, 5}, {1, 5}}},
};

const char *sr_feynman_name(size_t index) {
    return feynman[index].name;
}

size_t sr_feynman_find(const char *name) {
    size_t i = 0;
    while (i + 1 < SR_FEYNMAN && strcmp(feynman[i].name, name) != 0)
        i++;
    return i;
}

struct sr_data sr_feynman(l2osr_context *ctx, size_t index, uint64_t seed) {
    const size_t inputs = feynman[index].inputs, rows = 2 * FEYNMAN_ROWS;
    l2osr_samples *all;
    sr_must(ctx, l2osr_samples_create(&all, ctx, inputs, feynman[index].names, rows, 1));
    for (size_t row = 0; row < rows; row++) {
        double x[MOST_INPUTS];
        for (size_t k = 0; k < inputs; k++) {
            const double *range = feynman[index].range[k];
            l2osr_random_uniform(seed, row * MOST_INPUTS + k, range[0], range[1], &x[k], 1);
            /* the target belongs to the inputs as the search sees them */
            x[k] = *l2osr_samples_series(all, k, row) = (float)x[k];
        }
        *l2osr_samples_target(all, row) = (float)feynman[index].value(x);
    }
    return split(ctx, all, FEYNMAN_ROWS);
}
