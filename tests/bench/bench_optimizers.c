/* SPDX-License-Identifier: MIT */
/* How good rules are beside the usual optimizers when those have their best step sizes, on networks
 * and images that no rule was tuned on. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "optimizers/optimizers.h"

/* What the command line says. */
struct command {
    const char *tasks, *cache, *raw;
    struct bench_words rules;
    size_t threads, seeds;
    bool long_runs, own_grid;
};

static void name_marks(struct setup *s) {
    const size_t batch = 128, epoch = l2osr_dataset_size(s->images.held_out) / batch;
    for (size_t k = 0; k < MARKS; k++)
        if (s->marks[k] == 2 * epoch)
            strcpy(s->mark_names[k], "2 epochs");
        else
            snprintf(s->mark_names[k], sizeof s->mark_names[k], "%zu", s->marks[k]);
}

static void add_rule(struct setup *s, const char *path, bool grid) {
    struct entrant *entrant = &s->entrants[s->n_entrants];
    open_entrant(s->ctx, path, grid, entrant);
    for (size_t e = 0; e < s->n_entrants; e++)
        if (strcmp(s->entrants[e].name, entrant->name) == 0)
            fail("two optimizers are called '%s'", entrant->name);
    s->n_entrants++;
}

static void open_setup(struct setup *s, const struct command *c, bool quick) {
    static const size_t marks[MARKS] = {200, 468, 1000, 2000},
                        quick_marks[MARKS] = {10, 20, 40, 80};
    s->seeds = c->seeds ? c->seeds : quick ? 2 : 5;
    memcpy(s->marks, quick ? quick_marks : marks, sizeof marks);
    s->ctx = open_session(c->threads, 1);
    s->images = load_images(s->ctx, NULL);
    s->n_problems = open_problems(s->ctx, &s->images, c->tasks, quick, s->problems);
    if (!c->long_runs) {
        open_baselines(s->ctx, s->marks, s->entrants);
        s->n_entrants = BASELINES;
    }
    for (size_t i = 0; i < c->rules.n; i++)
        add_rule(s, c->rules.words[i], c->own_grid);
    name_marks(s);
    s->cache = open_cache(c->cache);
    printf("%s, %zu held out to train on, %zu to test\n", s->images.name,
           l2osr_dataset_size(s->images.held_out), l2osr_dataset_size(s->images.all_test));
    fflush(stdout);
}

static void close_setup(struct setup *s) {
    close_cache(s->cache);
    for (size_t e = 0; e < s->n_entrants; e++)
        close_entrant(&s->entrants[e]);
    for (size_t p = 0; p < s->n_problems; p++)
        l2osr_task_free(s->problems[p].task);
    free_images(&s->images);
    l2osr_context_free(s->ctx);
}

/* Returns whether it was stopped. */
static bool compare(struct bench *bench, struct setup *s, const char *raw) {
    static struct choice choice;
    if (choose_step_sizes(s, &choice) || run_entrants(s, &choice))
        return true;
    report_comparison(bench, s, &choice);
    if (raw)
        write_raw(s, &choice, raw);
    return false;
}

static void report_speed(struct bench *bench, const struct setup *s) {
    bench_section(bench, "Tasks, and processor time of what was run now");
    for (size_t p = 0; p < s->n_problems; p++) {
        const struct problem *problem = &s->problems[p];
        bench_report(bench, problem->name, "parameters", (double)l2osr_task_dim(problem->task), "");
        bench_report(bench, problem->name, "steps", (double)problem->steps, "");
        if (problem->steps > 0)
            bench_report(bench, problem->name, "step",
                         1e3 * problem->seconds / (double)problem->steps, "ms");
    }
}

int main(int argc, char **argv) {
    static struct setup s;
    struct command c = {0};
    int status;
    const struct bench_flag flags[] = {
        {"rule FILES", "a rule as it is, beside the others; may be repeated", &c.rules},
        {"own-grid", "choose the step sizes of these rules, too", &c.own_grid},
        {"long", "these rules alone, twice as long", &c.long_runs},
        {"tasks A,B", "of resnet, small_cnn, mlp, sigmoid, logistic; and mlp_he", &c.tasks},
        {"seeds N", "of the tables; 0: 5", &c.seeds},
        {"cache DIR", "keep there what runs come to, and go on from that", &c.cache},
        {"raw FILE", "write the figures of each seed as CSV", &c.raw},
        {"threads N", "0: one per processor", &c.threads},
        {0},
    };
    struct bench *bench = bench_start(
        argc, argv,
        "Compares the usual optimizers, each with the step size that is best for a task and a\n"
        "horizon, constant and decaying, with rules as they are, on images that are held out.",
        flags, &status);
    if (!bench)
        return status;
    if (c.seeds > MAX_SEEDS)
        fail("--seeds: at most %d", MAX_SEEDS);
    if (c.long_runs && c.rules.n == 0)
        fail("--long needs a --rule");
    if (c.raw)
        check_output(c.raw);
    open_setup(&s, &c, bench_quick(bench));
    const bool was_stopped = c.long_runs ? run_long(bench, &s) : compare(bench, &s, c.raw);
    if (!was_stopped)
        report_speed(bench, &s);
    status = bench_finish(bench);
    close_setup(&s);
    return was_stopped ? 130 : status;
}
