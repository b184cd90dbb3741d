/* SPDX-License-Identifier: MIT */
/* Type an optimizer as a line of text: it is checked, shown, and trains a net beside Adam. */
#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "common.h"

enum { LONGEST = 1 << 16 };

/* A sign of two averages: Lion (Chen et al. 2023). */
static const char default_text[] = "let m = ema(g, 0.99); update = -lr * sign(0.9 * m[1] + 0.1 * g)";

static bool begins_with(const char *text, const char *word) {
    return strncmp(text, word, strlen(word)) == 0;
}

static void append(char *out, const char *text, size_t length) {
    const size_t used = strlen(out);
    if (used + length >= LONGEST)
        fail("the rule is longer than %d characters", LONGEST - 1);
    memcpy(out + used, text, length);
    out[used + length] = '\0';
}

/* A rule file from what one types: ';' ends a line, the header and `update =` may be left out. */
static void complete_text(const char *typed, char *out) {
    out[0] = '\0';
    if (!begins_with(typed, "l2osr-rule"))
        append(out, "l2osr-rule 1\n", 13);
    while (*typed) {
        while (isspace((unsigned char)*typed))
            typed++;
        const size_t length = strcspn(typed, ";");
        const bool statement = begins_with(typed, "let ") || begins_with(typed, "default ") ||
                               begins_with(typed, "update") || begins_with(typed, "l2osr-rule") ||
                               *typed == '#';
        if (length > 0 && !statement)
            append(out, "update = ", 9);
        append(out, typed, length);
        append(out, "\n", 1);
        typed += length + (typed[length] != '\0');
    }
}

/* A word that is the name of a file is one; of a built-in rule, that; else the rule itself. */
static l2osr_rule *open_rule(l2osr_context *ctx, const char *word) {
    static char text[LONGEST];
    l2osr_rule *rule;
    FILE *file = fopen(word, "r");
    if (file) {
        fclose(file);
        must(ctx, l2osr_rule_load(&rule, ctx, word));
        return rule;
    }
    for (size_t i = 0; l2osr_rule_preset_name(i); i++)
        if (strcmp(l2osr_rule_preset_name(i), word) == 0) {
            must(ctx, l2osr_rule_preset(&rule, ctx, word));
            return rule;
        }
    complete_text(word, text);
    must(ctx, l2osr_rule_parse(&rule, ctx, text, "your rule"));
    return rule;
}

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
    size_t steps, seeds;
    double lr; /* 0: the best of a grid */
    const char *data, *out;
};

/* Trains the net with both, and prints how far they came. True when it was stopped. */
static bool compare(l2osr_context *ctx, l2osr_rule *rule, const struct setting *s) {
    l2osr_entry entries[2] = {{.name = "your rule", .rule = rule, .lr = s->lr}, {.name = "adam"}};
    struct images images = load_images(ctx, s->data);
    l2osr_task *task = mlp_task(ctx, images.held_out, images.test);
    const l2osr_evaluate_options o = {
        .struct_size = sizeof o, .steps = s->steps, .seeds = s->seeds, .metric = 1};
    l2osr_curves *curves = NULL;
    bool was_stopped = false;
    must(ctx, l2osr_rule_preset(&entries[1].rule, ctx, "adam"));
    printf("\n%s, %zu parameters\n\n", images.name, l2osr_task_dim(task));
    for (size_t i = 0; i < 2 && !was_stopped; i++)
        if (entries[i].lr == 0)
            was_stopped = stopped(ctx, find_step_size(ctx, task, &entries[i], s->steps));
    if (!was_stopped)
        was_stopped = stopped(ctx, l2osr_evaluate(&curves, ctx, task, 2, entries, &o));
    if (!was_stopped)
        print_table(curves, 2, entries, s->steps);
    if (!was_stopped && s->out)
        write_curves(ctx, curves, 2, entries, s->out);
    l2osr_curves_free(curves);
    l2osr_rule_free(entries[1].rule);
    l2osr_task_free(task);
    free_images(&images);
    return was_stopped;
}

int main(int argc, char **argv) {
    struct setting s = {.steps = 200, .seeds = 5};
    const char *word = default_text, *export_path = NULL;
    size_t threads = 0, seed = 1;
    bool only_show = false;
    const struct flag flags[] = {
        {"lr", FLAG_NUMBER, &s.lr, "step size of your rule; 0: the best of a grid"},
        {"steps", FLAG_COUNT, &s.steps, "of each run"},
        {"seeds", FLAG_COUNT, &s.seeds, "starting points"},
        {"show", FLAG_BOOL, &only_show, "check and show it, but do not train"},
        {"export", FLAG_TEXT, &export_path, "file to write it to: .c .cu .py .tex .sympy"},
        {"data", FLAG_TEXT, &s.data, "folder with MNIST-like IDX files"},
        {"out", FLAG_TEXT, &s.out, "folder for the loss curves"},
        {"threads", FLAG_COUNT, &threads, "0: one per processor"},
        {"seed", FLAG_COUNT, &seed, "of everything random"},
    };
    const char *about = "Checks an optimizer that you type, shows it, and trains an image "
                        "classifier with it beside Adam.\n'-lr * sign(ema(g, 0.9))' is a whole one; "
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
    const bool was_stopped = !only_show && compare(ctx, rule, &s);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
    return was_stopped ? 130 : 0;
}
