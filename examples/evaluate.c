/* SPDX-License-Identifier: MIT */
/* Compares optimizers on an image classifier: built-in rules by name, rule files and model files.
 */
#include <stdio.h>
#include <string.h>

#include "common.h"

enum { MAX_ENTRIES = 16 };

static bool ends_in(const char *text, const char *end) {
    const size_t n = strlen(text), m = strlen(end);
    return n > m && strcmp(text + n - m, end) == 0;
}

/* The name says what it is; a word that does not look like a file is a built-in rule. */
static l2osr_entry open_entry(l2osr_context *ctx, const char *word) {
    const char *slash = strrchr(word, '/');
    l2osr_entry entry = {.name = slash ? slash + 1 : word};
    if (ends_in(word, ".model"))
        must(ctx, l2osr_model_load(&entry.model, ctx, word));
    else if (slash || ends_in(word, ".rule") || ends_in(word, ".txt"))
        must(ctx, l2osr_rule_load(&entry.rule, ctx, word));
    else
        must(ctx, l2osr_rule_preset(&entry.rule, ctx, word));
    return entry;
}

static void print_table(const l2osr_curves *curves, size_t n, const l2osr_entry *entries,
                        size_t steps) {
    printf("optimizer         step size  loss at %-4zu       accuracy\n", steps);
    for (size_t i = 0; i < n; i++) {
        const l2osr_spread loss = l2osr_curves_at(curves, i, steps);
        const l2osr_spread accuracy = l2osr_curves_metric(curves, i);
        const double lr = entries[i].rule && entries[i].lr == 0
                              ? l2osr_rule_default_lr(entries[i].rule)
                              : entries[i].lr;
        printf("%-16s  ", entries[i].name);
        printf(entries[i].rule ? "%9g" : "        -", lr);
        printf("  %.3f +- %.3f    %.3f +- %.3f\n", loss.mean, loss.deviation, accuracy.mean,
               accuracy.deviation);
    }
}

static void write_curves(l2osr_context *ctx, const l2osr_curves *curves, size_t n,
                         const l2osr_entry *entries, const char *folder) {
    const char *csv = path_in(folder, "curves.csv"), *svg = path_in(folder, "curves.svg");
    const char *names[MAX_ENTRIES];
    for (size_t i = 0; i < n; i++)
        names[i] = entries[i].name;
    must(ctx, l2osr_curves_save(curves, csv));
    const bool drawn = plot_curves(csv, svg, "MLP 784-30-20-10, held-out half", names, n);
    printf("wrote %s%s%s\n", csv, drawn ? " and " : "", drawn ? svg : "");
}

int main(int argc, char **argv) {
    static const double lrs[] = {1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.2, 0.5};
    const char *words[MAX_ENTRIES] = {"sgd", "momentum", "rmsprop", "adam"};
    const char *data = NULL, *out = NULL;
    size_t steps = 200, seeds = 5, threads = 0, seed = 1;
    bool grid = false;
    const struct flag flags[] = {
        {"steps", FLAG_COUNT, &steps, "of each run"},
        {"seeds", FLAG_COUNT, &seeds, "starting points"},
        {"grid", FLAG_BOOL, &grid, "find the best step size of each rule first"},
        {"data", FLAG_TEXT, &data, "folder with MNIST-like IDX files"},
        {"out", FLAG_TEXT, &out, "folder for the loss curves"},
        {"threads", FLAG_COUNT, &threads, "0: one per processor"},
        {"seed", FLAG_COUNT, &seed, "of everything random"},
    };
    const char *about =
        "Compares optimizers on an image classifier; by default the classics with --grid.";
    size_t n = read_flags(argc, argv, about, flags, sizeof flags / sizeof flags[0],
                          "[PRESET|FILE.rule|FILE.model]...", words, MAX_ENTRIES);
    if (steps == 0 || seeds == 0)
        fail("--steps and --seeds must be at least 1");
    if (n == 0) {
        n = 4;
        grid = true;
    }
    l2osr_context *ctx = open_session(threads, seed);
    l2osr_entry entries[MAX_ENTRIES];
    for (size_t i = 0; i < n; i++)
        entries[i] = open_entry(ctx, words[i]);
    struct images images = load_images(ctx, data);
    l2osr_task *task = mlp_task(ctx, images.held_out, images.test);
    if (out)
        make_folder(out);
    const l2osr_evaluate_options o = {
        .struct_size = sizeof o, .steps = steps, .seeds = seeds, .metric = 1};
    const l2osr_evaluate_options search = {/* two seeds tell step sizes apart */
                                           .struct_size = sizeof search,
                                           .steps = steps,
                                           .seeds = 2};
    l2osr_curves *curves = NULL;
    bool was_stopped = false;
    printf("%s, %zu parameters\n\n", images.name, l2osr_task_dim(task));
    for (size_t i = 0; grid && !was_stopped && i < n; i++)
        if (entries[i].rule)
            was_stopped = stopped(ctx, l2osr_grid_search(ctx, task, entries[i].rule,
                                                         sizeof lrs / sizeof lrs[0], lrs, &search,
                                                         &entries[i].lr));
    if (!was_stopped)
        was_stopped = stopped(ctx, l2osr_evaluate(&curves, ctx, task, n, entries, &o));
    if (!was_stopped) {
        print_table(curves, n, entries, steps);
        if (out)
            write_curves(ctx, curves, n, entries, out);
    }
    l2osr_curves_free(curves);
    for (size_t i = 0; i < n; i++) {
        l2osr_rule_free(entries[i].rule);
        l2osr_model_free(entries[i].model);
    }
    l2osr_task_free(task);
    free_images(&images);
    l2osr_context_free(ctx);
    return was_stopped ? 130 : 0;
}
