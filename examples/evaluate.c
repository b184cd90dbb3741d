/* SPDX-License-Identifier: MIT */
/* Compares optimizers on an image classifier: built-in rules by name, rule files and model files.
 */
#include <stdio.h>
#include <string.h>

#include "common.h"

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

int main(int argc, char **argv) {
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
    l2osr_curves *curves = NULL;
    bool was_stopped = false;
    printf("%s, %zu parameters\n\n", images.name, l2osr_task_dim(task));
    for (size_t i = 0; grid && !was_stopped && i < n; i++)
        if (entries[i].rule)
            was_stopped = stopped(ctx, find_step_size(ctx, task, &entries[i], steps));
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
