/* SPDX-License-Identifier: MIT */
/* Figure 7: the core mutation of a formula, step by step. Terms are added, a power splits into
 * twins, their factors and exponents are tuned, and terms that do not pay go. */
#include <stdarg.h>
#include <string.h>

#include "paper.h"

enum { MOST_STEPS = 8 };

/* The inputs of the paper's RP models. `g * g` is no power, so those of a rule are its update's. */
#define INPUTS                                                                                     \
    "l2osr-rule 1\n"                                                                               \
    "let vs = sqrt(ema(g * g, 0.99) / (1 - 0.99^t)) + 1e-12\n"                                     \
    "let mt = ema(g, 0.9) / (1 - 0.9^t) / vs\n"                                                    \
    "let gt = g / vs\n"                                                                            \
    "update = "

struct step {
    char operation[100];
    l2osr_rule *rule;
    size_t nodes;
};

struct trace {
    struct paper paper;
    struct tasks tasks;
    struct step steps[MOST_STEPS];
    size_t n;
};

static const char *equation_of(const l2osr_rule *rule) {
    static const char before[] = "update = ";
    return strstr(l2osr_rule_text(rule), before) + strlen(before);
}

static int equation_length(const l2osr_rule *rule) {
    return (int)strcspn(equation_of(rule), "\n");
}

static int count(void *user, const char *label, size_t operands) {
    (void)label, (void)operands;
    ++*(size_t *)user;
    return 0;
}

/* Takes the rule over. */
__attribute__((format(printf, 3, 4))) static void record(struct trace *t, l2osr_rule *rule,
                                                         const char *format, ...) {
    struct step *step = &t->steps[t->n++];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(step->operation, sizeof step->operation, format, arguments);
    va_end(arguments);
    step->rule = rule;
    paper_must(&t->paper, l2osr_rule_walk(rule, count, &step->nodes));
    printf("%zu. %s\n   %.*s\n", t->n, step->operation, equation_length(rule), equation_of(rule));
    fflush(stdout);
}

static const struct step *latest(const struct trace *t) {
    return &t->steps[t->n - 1];
}

/* ---- the operations ---- */

static l2osr_rule *read(struct trace *t, const char *text) {
    l2osr_rule *rule;
    paper_must(&t->paper, l2osr_rule_parse(&rule, t->paper.ctx, text, NULL));
    return rule;
}

static void begin(struct trace *t, const char *equation) {
    char text[1000];
    snprintf(text, sizeof text, INPUTS "%s\n", equation);
    record(t, read(t, text), "an expression");
}

static void add_term(struct trace *t, const char *term) {
    const l2osr_rule *before = latest(t)->rule;
    char text[1000];
    snprintf(text, sizeof text, INPUTS "%.*s + %s\n", equation_length(before), equation_of(before),
             term);
    record(t, read(t, text), "a term added");
}

static void split(struct trace *t, size_t power) {
    const double alpha = 0.05; /* as in the paper */
    const l2osr_rule *before = latest(t)->rule;
    l2osr_rule *rule;
    paper_must(&t->paper, l2osr_rule_twin_split(&rule, before, power, alpha));
    record(t, rule, "twin split: exponent %g +- %g", l2osr_rule_power(before, power), alpha);
}

static l2osr_rule *run_tuner(struct trace *t, const l2osr_tuner_options *o, double loss[2]) {
    l2osr_tuner *tuner;
    l2osr_rule *rule;
    paper_must(&t->paper, l2osr_tuner_create(&tuner, t->paper.ctx, latest(t)->rule, t->tasks.train,
                                             t->tasks.held_out, o));
    paper_must(&t->paper, l2osr_tuner_run(tuner));
    paper_must(&t->paper, l2osr_tuner_rule(tuner, &rule));
    loss[0] = l2osr_tuner_first_loss(tuner);
    loss[1] = l2osr_tuner_best_loss(tuner);
    l2osr_tuner_free(tuner);
    return rule;
}

static void tune(struct trace *t) {
    const l2osr_tuner_options o = {.struct_size = sizeof o,
                                   .estimator = L2OSR_META_EXACT,
                                   .meta_steps = 600,
                                   .horizon = 100,
                                   .meta_lr = 0.03,
                                   .prune = -1};
    double loss[2];
    l2osr_rule *rule = run_tuner(t, &o, loss);
    record(t, rule, "constants tuned: loss %.2g, was %.2g", loss[1], loss[0]);
}

/* One meta-step that goes nowhere, and what follows it. */
static void prune(struct trace *t) {
    const l2osr_tuner_options o = {
        .struct_size = sizeof o, .meta_steps = 1, .horizon = 100, .meta_lr = 1e-12, .prune = 0.02};
    const size_t before = latest(t)->nodes;
    double loss[2];
    l2osr_rule *rule = run_tuner(t, &o, loss);
    record(t, rule, "terms left out that save less than %g %%", 100 * o.prune);
    if (latest(t)->nodes == before)
        puts("   there are none");
}

/* ---- the results ---- */

static void draw(const struct trace *t) {
    struct tree_of trees[MOST_STEPS];
    char captions[MOST_STEPS][120];
    for (size_t i = 0; i < t->n; i++) {
        snprintf(captions[i], sizeof captions[i], "%zu. %s", i + 1, t->steps[i].operation);
        trees[i] = (struct tree_of){.caption = captions[i], .rule = t->steps[i].rule};
    }
    draw_trees(t->paper.ctx, paper_path(&t->paper, "fig7_mutation.svg"), trees, t->n);
}

static void write_steps(const struct trace *t) {
    const char *path = paper_path(&t->paper, "fig7_mutation.csv");
    FILE *csv = begin_output(path);
    fputs("step,operation,nodes,equation\n", csv);
    for (size_t i = 0; i < t->n; i++)
        fprintf(csv, "%zu,\"%s\",%zu,\"%.*s\"\n", i + 1, t->steps[i].operation, t->steps[i].nodes,
                equation_length(t->steps[i].rule), equation_of(t->steps[i].rule));
    end_output(csv, path);
}

int main(int argc, char **argv) {
    static struct trace t;
    paper_open(&t.paper, argc, argv,
               "Figure 7: the core mutation of a formula, step by step, from an expression to "
               "twins that were tuned on a quadratic function.",
               NULL, 0);
    t.tasks = open_tasks(t.paper.ctx, &(struct task_choice){.name = "quadratic"});
    begin(&t, "~-0.1 * pow(mt, ~1)");
    add_term(&t, "~-0.001 * pow(gt, ~1)");
    add_term(&t, "~-0.001 * pow(x, ~1)");
    split(&t, 0);
    tune(&t);
    prune(&t);
    draw(&t);
    write_steps(&t);
    for (size_t i = 0; i < t.n; i++)
        l2osr_rule_free(t.steps[i].rule);
    close_tasks(&t.tasks);
    paper_close(&t.paper);
    return 0;
}
