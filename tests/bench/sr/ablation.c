/* SPDX-License-Identifier: MIT */
/* What each part of the search is good for: searches with one thing changed. */
#include <math.h>
#include <stdio.h>

#include "sr.h"

/* Options that differ from the defaults; -1 turns a part off. */
static const struct variant {
    const char *name;
    struct {
        const char *option;
        double value;
    } changes[2];
} variants[] = {
    {"defaults", {{NULL, 0}}},
    {"no growth", {{"grow", -1}}},
    {"no pool", {{"pool", 1}}},
    {"no links", {{"links", -1}}},
    {"no fit of children", {{"fit", -1}}},
    {"fit of all", {{"fit", 1}}},
    {"no crossover", {{"cross", -1}}},
    {"no twins", {{"weight_twin", -1}}},
    {"no dropped terms", {{"weight_drop", -1}}},
    {"no parsimony", {{"parsimony", -1}}},
    {"no adaptive sizes", {{"adaptive", -1}}},
    {"no annealing", {{"annealing", -1}}},
    {"1 immigrant", {{"immigrants", 1}}},
    {"one big island", {{"islands", 1}, {"population", 512}}},
    {"tournament of 4", {{"tournament", 4}}},
    {"warm-up 0.5", {{"warmup", 0.5}}},
    {"nothing kept apart", {{"validation", -1}}},
};

/* Tables to search on, and the titles of their columns. */
enum { TABLES = 4, ABLATION_SEEDS = 3 };
static const struct {
    const char *train, *test, *operators;
} tables[TABLES] = {
    {"dm_g04_a train", "dm_g04_a test", NULL},
    {"dm_sr3 train", "dm_sr3 test", NULL},
    {"mixed train", "mixed test", NULL},
    {"I.29.16 train", "I.29.16 test", "+ - * / sqrt exp log sin cos square tanh"},
};

static bool load(struct sr_data *out, l2osr_context *ctx, size_t table) {
    const size_t mixed = 2;
    if (table < 2)
        return sr_load_paper(out, ctx, table == 0 ? SR_DM_G04_A : SR_DM_SR3);
    *out = table == 2 ? sr_sanity(ctx, mixed, 1) : sr_feynman(ctx, sr_feynman_find("I.29.16"), 1);
    return true;
}

static void run(struct bench *bench, l2osr_context *ctx, const struct variant *v, size_t table,
                const struct sr_data *data) {
    const size_t seeds = bench_quick(bench) ? 1 : ABLATION_SEEDS;
    double all[SR_SEEDS][SR_FIGURES], middle[SR_FIGURES];
    for (size_t i = 0; i < seeds; i++) {
        l2osr_sr_options o = {.struct_size = sizeof o,
                              .operators = tables[table].operators,
                              .evaluations = bench_quick(bench) ? 10000 : 100000,
                              .seed = i + 1};
        for (size_t k = 0; k < 2 && v->changes[k].option; k++)
            sr_must(ctx, l2osr_sr_options_set(&o, ctx, v->changes[k].option, v->changes[k].value));
        const struct sr_result result = sr_search(ctx, data->train, &o);
        sr_figures(ctx, result.front, data, all[i]);
        l2osr_front_free(result.front);
    }
    sr_medians(seeds, all, middle);
    bench_report(bench, v->name, tables[table].train, 1 - middle[SR_TRAIN], "");
    bench_report(bench, v->name, tables[table].test, 1 - middle[SR_TEST], "");
}

void bench_ablation(struct bench *bench) {
    l2osr_context *ctx = sr_context(SR_THREADS);
    struct sr_data data[TABLES];
    bool there[TABLES];
    bench_section(bench, "one thing changed: 1 - R2 after the same number of candidates, medians");
    for (size_t t = 0; t < TABLES; t++)
        there[t] = load(&data[t], ctx, t);
    for (size_t i = 0; i < sizeof variants / sizeof variants[0]; i++)
        for (size_t t = 0; t < TABLES; t++)
            if (there[t])
                run(bench, ctx, &variants[i], t, &data[t]);
    for (size_t t = 0; t < TABLES; t++)
        if (there[t])
            sr_data_free(&data[t]);
    l2osr_context_free(ctx);
}
