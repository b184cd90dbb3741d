/* SPDX-License-Identifier: MIT */
/* Raw evaluation of trees, their derivatives, and candidates a second of whole searches. */
#include <stdio.h>
#include <string.h>

#include "sr.h"
#include "sr/fit.h"

enum { COLUMNS = 8, ROWS = 5000, TREES = 40, LEAST_NODES = 23, MOST_NODES = 27 };

/* Random trees over a table of random numbers. */
struct rig {
    l2osr_context *ctx;
    l2osr_samples *samples;
    l2osr__grammar grammar;
    l2osr__columns columns;
    l2osr__table table;
    l2osr__scorer scorer;
    l2osr__tree trees[TREES];
    size_t nodes; /* of all trees */
    l2osr__normal normal;
};

static l2osr_samples *draw_samples(l2osr_context *ctx, size_t rows) {
    static const char *const names[COLUMNS] = {"x0", "x1", "x2", "x3", "x4", "x5", "x6", "x7"};
    l2osr_samples *samples;
    sr_must(ctx, l2osr_samples_create(&samples, ctx, COLUMNS, names, rows, 1));
    for (size_t row = 0; row < rows; row++) {
        double x[COLUMNS + 1];
        l2osr_random_normal(1, row, 0, 1, x, COLUMNS + 1);
        for (size_t k = 0; k < COLUMNS; k++)
            *l2osr_samples_series(samples, k, row) = (float)x[k];
        *l2osr_samples_target(samples, row) = (float)x[COLUMNS];
    }
    return samples;
}

/* As a search would have them: without what can be computed beforehand. */
static void draw_trees(struct rig *r) {
    l2osr__rng rng;
    l2osr__rng_init(&rng, 1, 0);
    r->nodes = 0;
    for (int i = 0; i < TREES;) {
        l2osr__tree *tree = &r->trees[i];
        tree->count = 0;
        l2osr__tree_random(tree, &r->grammar, &rng, MOST_NODES + 3);
        l2osr__tree_link(tree);
        l2osr__tree_simplify(tree, &r->grammar);
        if (tree->count < LEAST_NODES || tree->count > MOST_NODES)
            continue;
        r->nodes += (size_t)tree->count;
        i++;
    }
}

static void rig_open(struct rig *r, const char *operators, size_t rows) {
    const l2osr_sr_options none = L2OSR_SR_OPTIONS_INIT;
    memset(r, 0, sizeof *r);
    r->ctx = sr_context(1);
    r->samples = draw_samples(r->ctx, rows);
    sr_must(r->ctx, l2osr__grammar_init(&r->grammar, r->ctx, operators));
    sr_must(r->ctx, l2osr__columns_init(&r->columns, r->ctx, r->samples, &none, &r->grammar));
    const l2osr__table_source source = {
        .columns = &r->columns, .samples = r->samples, .train = rows, .max_rows = rows, .seed = 1};
    sr_must(r->ctx, l2osr__table_init(&r->table, r->ctx, &source));
    r->grammar.terminals = r->columns.terminals;
    r->grammar.plain = (uint32_t)r->columns.plain;
    r->grammar.columns = (uint32_t)r->columns.count;
    r->grammar.max_size = r->grammar.max_depth = L2OSR__SIZE_LIMIT;
    sr_must(r->ctx, l2osr__scorer_init(&r->scorer, r->ctx, &r->table, &r->grammar));
    draw_trees(r);
}

static void rig_close(struct rig *r) {
    l2osr__scorer_clear(&r->scorer);
    l2osr__table_clear(&r->table);
    l2osr__columns_clear(&r->columns);
    l2osr_samples_free(r->samples);
    l2osr_context_free(r->ctx);
}

static void run_trees(struct rig *r, bool reverse) {
    const size_t rows = r->table.rows;
    for (int i = 0; i < TREES; i++) {
        l2osr__scorer_load(&r->scorer, &r->trees[i], reverse);
        if (reverse) {
            int32_t constants[L2OSR__TREE_ROOM];
            const int32_t n = l2osr__tree_parameters(&r->trees[i], r->scorer.grammar, constants);
            l2osr__scorer_want(&r->scorer, constants, n);
        }
        for (size_t row = 0; row < rows; row += L2OSR__SCORE_BLOCK) {
            const size_t left = rows - row,
                         n = left < L2OSR__SCORE_BLOCK ? left : L2OSR__SCORE_BLOCK;
            l2osr__scorer_run(&r->scorer, row, n);
            if (reverse)
                l2osr__scorer_reverse(&r->scorer, n);
        }
    }
}

static void evaluate(void *user) {
    run_trees(user, false);
}

static void derive(void *user) {
    run_trees(user, true);
}

/* What a step of Levenberg and Marquardt takes: products of the derivatives too. */
static void normal_equations(void *user) {
    struct rig *r = user;
    for (int i = 0; i < TREES; i++)
        l2osr__fit_derive(&r->scorer, &r->trees[i], r->table.rows, &r->normal);
}

static void bench_evaluation(struct bench *bench) {
    static const struct {
        const char *name, *operators;
        double goal, operon;
    } sets[] = {
        {"+ - * /", "+ - * /", 12, 6.3},
        {"and exp tanh log", "+ - * / exp tanh log", 5, 2.6},
        {"the paper's", NULL, 3.5, 2.0},
    };
    static struct rig rig;
    bench_section(
        bench, "trees of 23 to 27 nodes, 5,000 rows, f32, one thread (node-rows; x: times that)");
    for (size_t i = 0; i < sizeof sets / sizeof sets[0]; i++) {
        const char *name = sets[i].name;
        const struct bench_work works[] = {
            {evaluate, &rig}, {derive, &rig}, {normal_equations, &rig}};
        double s[3];
        rig_open(&rig, sets[i].operators, ROWS);
        bench_time(bench, 3, works, s);
        bench_at_least(bench, name, "evaluation", (double)(rig.nodes * ROWS) / s[0] * 1e-9, "G/s",
                       sets[i].goal);
        bench_at_most(bench, name, "derivatives", s[1] / s[0], "x", 3);
        bench_report(bench, name, "with products", s[2] / s[0], "x");
        bench_report(bench, name, "Operon", sets[i].operon, "G/s");
        bench_report(bench, name, "its least", 2.5, "x");
        bench_report(bench, name, "its most", 4.2, "x");
        rig_close(&rig);
    }
}

static void bench_growth(struct bench *bench) {
    static const char *const names[] = {"1000 rows", "10000 rows", "100000 rows", "1000000 rows"};
    static struct rig rig;
    size_t rows = 1000;
    bench_section(bench, "evaluation by rows (node-rows)");
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++, rows *= 10) {
        const char *operators[] = {"+ - * /", "+ - * / exp tanh log", NULL};
        const char *metrics[] = {"+ - * /", "and exp tanh log", "the paper's"};
        for (size_t k = 0; k < 3; k++) {
            const struct bench_work work = {evaluate, &rig};
            double s;
            rig_open(&rig, operators[k], rows);
            bench_time(bench, 1, &work, &s);
            bench_report(bench, names[i], metrics[k], (double)(rig.nodes * rows) / s * 1e-9, "G/s");
            rig_close(&rig);
        }
    }
}

/* Candidates a second: a target that stays out of reach keeps the formulas at their largest. */
static double candidates(const struct bench *bench, unsigned threads) {
    const l2osr_sr_options o = {.struct_size = sizeof o,
                                .max_complexity = 30,
                                .validation = -1,
                                .seconds = bench_quick(bench) ? 1 : 10,
                                .seed = 1};
    l2osr_context *ctx = sr_context(threads);
    struct sr_data data = sr_sanity(ctx, SANITY_TARGETS - 1, 1);
    const struct sr_result result = sr_search(ctx, data.train, &o);
    l2osr_front_free(result.front);
    sr_data_free(&data);
    l2osr_context_free(ctx);
    return result.evaluations / result.seconds;
}

static void bench_candidates(struct bench *bench) {
    bench_section(bench,
                  "whole searches, 5,000 rows of 20 lags, at most 30 nodes, the paper's operators");
    const double one = candidates(bench, 1), two = candidates(bench, 2);
    bench_at_least(bench, "one thread", "candidates", one, "/s", 50000);
    bench_report(bench, "one thread", "Operon least", 20000, "/s");
    bench_report(bench, "one thread", "Operon most", 50000, "/s");
    bench_report(bench, "two threads", "candidates", two, "/s");
    bench_at_least(bench, "two threads", "gain", two / one, "x", 1.8);
}

void bench_speed(struct bench *bench) {
    bench_evaluation(bench);
    bench_growth(bench);
    bench_candidates(bench);
}
