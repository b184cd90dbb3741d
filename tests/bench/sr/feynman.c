/* SPDX-License-Identifier: MIT */
/* Formulas of the Feynman lectures, without noise: how often, and how soon. */
#include <math.h>
#include <stdio.h>

#include "sr.h"

/* The simplest formula that is right on fresh rows; NULL when there is none. */
static const l2osr_formula *find_right(l2osr_context *ctx, const l2osr_front *front,
                                       const l2osr_samples *fresh) {
    for (size_t i = 0; i < l2osr_front_size(front); i++)
        if (sr_r2(ctx, front, i, fresh, NULL) > 1 - 1e-9)
            return l2osr_front_get(front, i);
    return NULL;
}

/* What the searches for one formula found. */
struct finds {
    size_t right;
    double seconds;
    unsigned nodes; /* of the shortest */
    char equation[2000];
};

static void run_seed(l2osr_context *ctx, size_t index, uint64_t seed, double seconds,
                     struct finds *finds) {
    const l2osr_sr_options o = {.struct_size = sizeof o,
                                .operators = "+ - * / sqrt exp log sin cos square tanh",
                                .max_complexity = 30,
                                .seconds = seconds,
                                .target_error = 1e-11,
                                .seed = seed};
    struct sr_data data = sr_feynman(ctx, index, seed);
    const struct sr_result result = sr_search(ctx, data.train, &o);
    const l2osr_formula *f = find_right(ctx, result.front, data.test);
    finds->seconds += result.seconds;
    if (f) {
        finds->right++;
        if (finds->nodes == 0 || f->complexity < finds->nodes) {
            finds->nodes = f->complexity;
            snprintf(finds->equation, sizeof finds->equation, "%s", f->equation);
        }
    }
    l2osr_front_free(result.front);
    sr_data_free(&data);
}

void bench_feynman(struct bench *bench) {
    const uint64_t seeds = bench_quick(bench) ? 1 : SR_SEEDS;
    const double seconds = bench_quick(bench) ? 6 : 60;
    l2osr_context *ctx = sr_context(SR_THREADS);
    size_t right = 0;
    bench_section(bench, "Feynman, 1,000 rows: R2 above 1 - 1e-9 on 1,000 others (shortest found)");
    for (size_t i = 0; i < SR_FEYNMAN; i++) {
        const char *name = sr_feynman_name(i);
        struct finds finds = {0};
        for (uint64_t seed = 1; seed <= seeds; seed++)
            run_seed(ctx, i, seed, seconds, &finds);
        printf("  %-10s %s\n", name, finds.right ? finds.equation : "not found");
        fflush(stdout);
        bench_report(bench, name, "recovered", 100.0 * (double)finds.right / (double)seeds, "%");
        bench_report(bench, name, "seconds", finds.seconds / (double)seeds, "s");
        if (finds.right)
            bench_report(bench, name, "nodes", finds.nodes, "");
        right += finds.right;
    }
    bench_at_least(bench, "all of them", "recovered",
                   100.0 * (double)right / (double)(seeds * SR_FEYNMAN), "%", 80);
    l2osr_context_free(ctx);
}
