/* SPDX-License-Identifier: MIT */
/* Type an optimizer as a line of text: it is checked, shown, and trains a net beside Adam. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

/* A sign of two averages: Lion (Chen et al. 2023). */
static const char default_text[] =
    "let m = ema(g, 0.99); update = -lr * sign(0.9 * m[1] + 0.1 * g)";

static void show_constants(const l2osr_rule *rule) {
    const size_t n = l2osr_rule_constant_count(rule);
    printf("tunable:  ");
    for (size_t i = 0; i < n; i++) {
        const char *name = l2osr_rule_constant_name(rule, i);
        printf("%s%s%s%g", i ? ", " : "", name, *name ? " = " : "", l2osr_rule_constant(rule, i));
    }
    puts(n ? "" : "nothing");
}

static void show(l2osr_context *ctx, const l2osr_rule *rule) {
    l2osr_rule *simple;
    must(ctx, l2osr_rule_simplify(&simple, rule, NULL));
    printf("%s\n", l2osr_rule_text(rule));
    if (strcmp(l2osr_rule_text(simple), l2osr_rule_text(rule)) != 0)
        printf("more simply:\n%s\n", strchr(l2osr_rule_text(simple), '\n') + 1);
    printf("LaTeX:    %s\n", l2osr_rule_latex(rule));
    printf("state:    %zu bytes a parameter\n", l2osr_rule_state(rule) * sizeof(float));
    if (l2osr_rule_passes(rule) > 0)
        printf("passes:   %zu over the parameters, then the step\n", l2osr_rule_passes(rule));
    show_constants(rule);
    l2osr_rule_free(simple);
}

/* The language goes by the end of the name. */
static void export_rule(l2osr_context *ctx, const l2osr_rule *rule, const char *path) {
    static const struct {
        const char *end;
        l2osr_language language;
    } kinds[] = {{".c", L2OSR_LANGUAGE_C},
                 {".cu", L2OSR_LANGUAGE_CUDA},
                 {".py", L2OSR_LANGUAGE_TORCH},
                 {".tex", L2OSR_LANGUAGE_LATEX},
                 {".sympy", L2OSR_LANGUAGE_SYMPY}};
    const char *end = strrchr(path, '.');
    for (size_t i = 0; end && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcmp(end, kinds[i].end) == 0) {
            must(ctx, l2osr_rule_emit_save(rule, kinds[i].language, NULL, path));
            printf("wrote %s\n", path);
            return;
        }
    fail("%s: the name must end in .c, .cu, .py (PyTorch), .tex or .sympy", path);
}

struct setting {
    struct task_choice choice;
    size_t steps, seeds;
    double lr; /* 0: the best of a grid */
    const char *out;
};

/* Trains the net with both, and prints how far they came. True when it was stopped. */
static bool train(l2osr_context *ctx, l2osr_rule *rule, const struct setting *s) {
    static const double grid[] = {1e-4, 3e-4, 1e-3, 3e-3, 1e-2, 3e-2, 0.1, 0.2, 0.5};
    const struct comparison c = {1, {s->steps}, s->seeds};
    struct contestant lines[2] = {{.name = "your rule", .rule = rule}, {.name = "adam"}};
    struct tasks tasks = open_tasks(ctx, &s->choice);
    l2osr_curves *curves;
    must(ctx, l2osr_rule_preset(&lines[1].rule, ctx, "adam"));
    for (size_t i = 0; i < 2; i++) {
        lines[i].n_lrs = sizeof grid / sizeof grid[0];
        memcpy(lines[i].lrs, grid, sizeof grid);
    }
    if (s->lr != 0) {
        lines[0].n_lrs = 1;
        lines[0].lrs[0] = s->lr;
    }
    printf("\n%s\n\n", tasks.title);
    const bool was_stopped = compare_optimizers(ctx, tasks.held_out, &c, lines, 2, &curves);
    if (!was_stopped)
        print_table(tasks.held_out, &c, lines, 2);
    if (!was_stopped && s->out)
        write_curves(ctx, curves, lines, tasks.title, path_in(s->out, "curves.csv"));
    l2osr_curves_free(curves);
    l2osr_rule_free(lines[1].rule);
    close_tasks(&tasks);
    return was_stopped;
}

int main(int argc, char **argv) {
    struct setting s = {.choice = {.name = "mlp"}, .steps = 200, .seeds = 5};
    const char *word = default_text, *export_path = NULL;
    size_t threads = 0, seed = 1;
    bool only_show = false;
    const struct flag flags[] = {
        {"lr", FLAG_NUMBER, &s.lr, "step size of your rule; 0: the best of a grid"},
        {"steps", FLAG_COUNT, &s.steps, "of each run"},
        {"seeds", FLAG_COUNT, &s.seeds, "starting points"},
        {"show", FLAG_BOOL, &only_show, "check and show it, but do not train"},
        {"export", FLAG_TEXT, &export_path, "file to write it to: .c .cu .py .tex .sympy"},
        TASK_FLAGS(&s.choice),
        {"out", FLAG_TEXT, &s.out, "folder for the loss curves"},
        {"threads", FLAG_COUNT, &threads, "0: one per processor"},
        {"seed", FLAG_COUNT, &seed, "of everything random"},
    };
    const char *about = "Checks an optimizer that you type, shows it, and trains a "
                        "net with it beside Adam.\n'-lr * sign(ema(g, 0.9))' is a whole one; "
                        "';' separates the lines of longer ones (doc/rule-language.md).";
    read_flags(argc, argv, about, flags, sizeof flags / sizeof flags[0], "[TEXT|FILE|PRESET]",
               &word, 1);
    if (s.steps == 0 || s.seeds == 0)
        fail("--steps and --seeds must be at least 1");
    l2osr_context *ctx = open_session(threads, seed);
    l2osr_rule *rule = open_rule(ctx, word);
    show(ctx, rule);
    if (export_path)
        export_rule(ctx, rule, export_path);
    if (s.out && !only_show)
        make_folder(s.out);
    const bool was_stopped = !only_show && train(ctx, rule, &s);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
    return was_stopped ? 130 : 0;
}
