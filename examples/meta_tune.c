/* SPDX-License-Identifier: MIT */
/* Meta-tuning: the constants of a rule learn while it trains an image classifier, or other tasks.
 * In a rule file, `~` before a constant says that it may change; without any, all but whole numbers
 * may. Before that the rule may get more of them. */
#include <math.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

enum { MOST = 64 };

/* What the command line says in all, and what `options` point to. */
struct setting {
    struct task_choice task;
    l2osr_tuner_options options;
    const char *file, *out, *curves, *estimator, *horizon, *schedule;
    bool compare, sgd, fixed_lr, tune_wd, by_kind, half_memory, resume, quick;
    size_t twin_split, eq6, threads, seed;
    size_t horizons[MOST], knots[MOST];
    struct mixture mixture;
};

static void read_setting(struct setting *s, int argc, char **argv) {
    l2osr_tuner_options *o = &s->options;
    const struct flag flags[] = {
        TASK_FLAGS(&s->task),
        {"compare", FLAG_BOOL, &s->compare, "set the estimators side by side and end"},
        {"steps", FLAG_COUNT, &o->meta_steps, "meta-steps; 0: 40, or 1000 with gradients"},
        {"horizon", FLAG_TEXT, &s->horizon, "steps of an episode, or growing: 100,200,600"},
        {"unroll", FLAG_COUNT, &o->unroll, "steps between two meta-steps; 0: 20, or all"},
        {"estimator", FLAG_TEXT, &s->estimator, "of gradients: first, exact, es or pes"},
        {"sigma", FLAG_NUMBER, &o->sigma, "of the perturbations of es and pes; 0: 0.1"},
        {"pairs", FLAG_COUNT, &o->pairs, "of perturbed rules at a time; 0: 4"},
        {"meta-lr", FLAG_NUMBER, &o->meta_lr, "meta-step size; 0: by estimator"},
        {"sgd", FLAG_BOOL, &s->sgd, "descend with momentum instead of Adam"},
        {"half-memory", FLAG_BOOL, &s->half_memory, "gradients in bfloat16, for first"},
        /* what moves */
        {"fixed-lr", FLAG_BOOL, &s->fixed_lr, "leave the step size alone"},
        {"tune-wd", FLAG_BOOL, &s->tune_wd, "tune the weight decay, too"},
        {"by-kind", FLAG_BOOL, &s->by_kind, "lists are for vectors, matrices and kernels"},
        {"eq6", FLAG_COUNT, &s->eq6, "taps: start from Eq. 6, distilled from the rule"},
        {"twin-split", FLAG_COUNT, &s->twin_split, "split its N-th power in two first"},
        {"schedule", FLAG_TEXT, &s->schedule, "steps of knots for the step size, as in 100,300"},
        {"lag-penalty", FLAG_NUMBER, &o->lag_penalty, "what old values pay for their size"},
        {"prune", FLAG_NUMBER, &o->prune,
         "part of the loss that terms may save; negative: keep all"},
        /* everything else */
        {"checkpoint", FLAG_TEXT, &o->checkpoint, "file to go on from after an interruption"},
        {"resume", FLAG_BOOL, &s->resume, "go on from it, if it is there"},
        {"threads", FLAG_COUNT, &s->threads, "0: one per processor"},
        {"seed", FLAG_COUNT, &s->seed, "of everything random"},
        {"out", FLAG_TEXT, &s->out, "file for the tuned rule"},
        {"curves", FLAG_TEXT, &s->curves, ".csv file for losses before and after, with a picture"},
        {"quick", FLAG_BOOL, &s->quick, "few meta-steps on short episodes, to see that it works"},
    };
    read_flags(argc, argv,
               "Tunes the constants of a rule, or of Adam. --task may be several, as in "
               "mlp,mlp20:0.5.",
               flags, sizeof flags / sizeof flags[0], "[FILE.rule]", &s->file, 1);
}

/* ---- from words to options ---- */

static void set_horizon(struct setting *s) {
    l2osr_tuner_options *o = &s->options;
    const size_t n = s->horizon ? read_counts("horizon", s->horizon, s->horizons, MOST) : 0;
    o->horizon = n == 1 ? s->horizons[0] : s->quick ? 40 : 200;
    if (n > 1) {
        o->horizons = s->horizons;
        o->n_horizons = n;
    }
}

/* What comes from where: gradients are cheap and make small steps, evolution strategies see whole
 * episodes and make large ones. */
static void set_lengths(struct setting *s) {
    l2osr_tuner_options *o = &s->options;
    const bool evolution = o->estimator == L2OSR_META_ES || o->estimator == L2OSR_META_PES;
    if (s->quick)
        o->meta_steps = 5;
    else if (o->meta_steps == 0)
        o->meta_steps = evolution ? 40 : 1000;
    if (s->compare && o->unroll == 0)
        o->unroll = s->quick ? 5 : 20;
    if (!evolution)
        return;
    if (o->meta_lr == 0 && !s->sgd)
        o->meta_lr = 0.1;
    o->validate_every = 5;
}

static void set_options(struct setting *s) {
    l2osr_tuner_options *o = &s->options;
    if (s->resume && !o->checkpoint)
        fail("--resume needs --checkpoint FILE");
    o->estimator =
        (l2osr_meta_estimator)choose_word("estimator", s->estimator, "first exact es pes");
    o->optimizer = s->sgd ? L2OSR_META_SGD : L2OSR_META_ADAM;
    o->fixed_lr = s->fixed_lr;
    o->tune_wd = s->tune_wd;
    o->by_kind = s->by_kind;
    o->half_memory = s->half_memory;
    o->resume = s->resume && access(o->checkpoint, F_OK) == 0;
    set_horizon(s);
    set_lengths(s);
}

static void check_outputs(const struct setting *s) {
    const size_t length = s->curves ? strlen(s->curves) : 0;
    if (s->curves && (length < 5 || strcmp(s->curves + length - 4, ".csv") != 0))
        fail("--curves %s: the name must end in .csv", s->curves);
    const char *const files[] = {s->out, s->curves, s->options.checkpoint};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (files[i])
            check_output(files[i]);
}

/* ---- where it starts ---- */

/* Frees `rule`. */
static l2osr_rule *distil(l2osr_context *ctx, const struct setting *s, l2osr_rule *rule) {
    const l2osr_eq6_options o = {.struct_size = sizeof o, .taps = s->eq6};
    l2osr_rule *out;
    double r2;
    must(ctx, l2osr_eq6_distil(&out, &r2, ctx, rule, s->mixture.train[0].task, &o, NULL));
    printf("Eq. 6 with %zu taps explains %.3f of the variance of what the rule does\n", s->eq6, r2);
    l2osr_rule_free(rule);
    return out;
}

/* The rule with the constants that were asked for. */
static l2osr_rule *reshape(l2osr_context *ctx, struct setting *s, l2osr_rule *given) {
    const double delta = 0.05; /* as the reference splits */
    l2osr_rule *rule = l2osr_rule_ref(given), *old;
    if (s->eq6)
        rule = distil(ctx, s, rule);
    if (s->twin_split > l2osr_rule_power_count(rule))
        fail("--twin-split %zu: powers of the rule: %zu", s->twin_split,
             l2osr_rule_power_count(rule));
    if (s->twin_split) {
        old = rule;
        must(ctx, l2osr_rule_twin_split(&rule, old, s->twin_split - 1, delta));
        l2osr_rule_free(old);
    }
    if (s->schedule) {
        const size_t n = read_counts("schedule", s->schedule, s->knots, MOST);
        old = rule;
        must(ctx,
             l2osr_rule_schedule(&rule, old, L2OSR_SCHEDULE_LR, L2OSR_SHAPE_LINEAR, n, s->knots));
        l2osr_rule_free(old);
    }
    return rule;
}

/* ---- the estimators ---- */

static void print_figure(double value) {
    if (isnan(value))
        printf(" %9s", "-");
    else
        printf(" %9.3g", value);
}

/* Returns whether nobody stopped it. */
static bool compare_estimators(l2osr_context *ctx, const l2osr_tuner *tuner, bool quick) {
    static const char *const names[L2OSR_META_ESTIMATORS] = {"first order", "exact", "ES", "PES"};
    const l2osr_estimator_options o = {.struct_size = sizeof o, .repeats = quick ? 3 : 10};
    l2osr_estimator_report report = L2OSR_ESTIMATOR_REPORT_INIT;
    if (stopped(ctx, l2osr_tuner_compare_estimators(tuner, &report, &o))) {
        puts("stopped");
        return false;
    }
    printf("\nlength of the exact gradient of three windows: %.4g\n", report.norm);
    printf("%-12s %9s %9s %9s %9s %9s %9s %9s %9s\n", "estimator", "length", "cosine", "bias",
           "of noise", "variance", "gradients", "products", "ms");
    for (int i = 0; i < L2OSR_META_ESTIMATORS; i++) {
        const l2osr_estimator_figures *f = &report.of[i];
        const double figures[] = {f->norm, f->cosine, f->bias, f->error, f->variance};
        printf("%-12s", names[i]);
        for (size_t k = 0; k < sizeof figures / sizeof figures[0]; k++)
            print_figure(figures[k]);
        printf(" %9zu %9zu", f->gradients, f->products);
        print_figure(1e3 * f->seconds);
        puts("");
    }
    return true;
}

/* ---- the work ---- */

/* Terms that did not pay are gone, and their constants with them. */
static void print_constants(const l2osr_rule *before, const l2osr_rule *after) {
    const size_t count = l2osr_rule_constant_count(before);
    printf("%-16s %12.6g %11.6g\n", "lr", l2osr_rule_default_lr(before),
           l2osr_rule_default_lr(after));
    if (l2osr_rule_constant_count(after) != count) {
        printf("%zu of %zu constants are left\n", l2osr_rule_constant_count(after), count);
        return;
    }
    for (size_t i = 0; i < count; i++)
        printf("%2zu %-13s %12.6g %11.6g\n", i + 1, l2osr_rule_constant_name(before, i),
               l2osr_rule_constant(before, i), l2osr_rule_constant(after, i));
}

static l2osr_rule *tune(l2osr_context *ctx, const l2osr_rule *start, l2osr_tuner *tuner) {
    l2osr_meta_report report = L2OSR_META_REPORT_INIT;
    l2osr_rule *tuned;
    printf("%.1f MB beside what the tasks need\n", (double)l2osr_tuner_memory(tuner) / 1e6);
    fflush(stdout);
    if (stopped(ctx, l2osr_tuner_run(tuner)))
        puts("stopped; keeping the best constants so far");
    must(ctx, l2osr_tuner_rule(tuner, &tuned));
    l2osr_tuner_report(tuner, &report);
    printf("%zu meta-steps, %zu episodes, of which %zu diverged\n", report.meta_steps,
           report.episodes, report.diverged);
    if (report.back_offs > 0)
        printf("step size halved %zu times; the first warning: %s\n", report.back_offs,
               first_warning());
    puts("\n                       before       after");
    printf("%-16s %12.4f %11.4f\n", "validation loss", l2osr_tuner_first_loss(tuner),
           l2osr_tuner_best_loss(tuner));
    print_constants(start, tuned);
    return tuned;
}

/* FILE.csv, or of several tasks FILE-TASK.csv. */
static void save_curves(l2osr_context *ctx, const struct setting *s, size_t task,
                        const l2osr_curves *curves, const struct contestant *lines) {
    const char *title = s->mixture.tasks[task].title;
    const int stem = (int)(strlen(s->curves) - strlen(".csv"));
    char path[4096];
    snprintf(path, sizeof path, "%.*s-%.*s.csv", stem, s->curves, (int)strcspn(title, " ,"), title);
    write_curves(ctx, curves, lines, title, s->mixture.n > 1 ? path : s->curves);
}

/* Lists by kind of group become those of the task. */
static l2osr_rule *fitted(l2osr_context *ctx, const struct setting *s, l2osr_rule *rule,
                          const l2osr_task *task) {
    l2osr_rule *out;
    if (!s->by_kind)
        return l2osr_rule_ref(rule);
    must(ctx, l2osr_rule_for_task(&out, rule, task));
    return out;
}

/* The validation loss chose the constants, so only data apart can say how good they are. */
static bool show(l2osr_context *ctx, const struct setting *s, size_t task, l2osr_rule *before,
                 l2osr_rule *after) {
    const l2osr_tuner_options *o = &s->options;
    const size_t steps = o->n_horizons ? o->horizons[o->n_horizons - 1] : o->horizon;
    const struct comparison c = {1, {steps}, s->quick ? 2 : 5};
    const struct tasks *tasks = &s->mixture.tasks[task];
    struct contestant lines[] = {
        {.name = "before", .rule = fitted(ctx, s, before, tasks->held_out)},
        {.name = "after", .rule = fitted(ctx, s, after, tasks->held_out)}};
    l2osr_curves *curves;
    const bool finished = !compare_optimizers(ctx, tasks->held_out, &c, lines, 2, &curves);
    if (finished) {
        printf("\n%s, held out\n", tasks->title);
        print_table(tasks->held_out, &c, lines, 2);
        if (s->curves)
            save_curves(ctx, s, task, curves, lines);
    }
    l2osr_curves_free(curves);
    l2osr_rule_free(lines[0].rule);
    l2osr_rule_free(lines[1].rule);
    return finished;
}

/* Returns whether nobody stopped the comparison. */
static bool tune_and_show(l2osr_context *ctx, const struct setting *s, l2osr_rule *given,
                          const l2osr_rule *start, l2osr_tuner *tuner) {
    l2osr_rule *tuned = tune(ctx, start, tuner);
    bool finished = true;
    if (s->out)
        must(ctx, l2osr_rule_save(tuned, s->out));
    for (size_t i = 0; finished && i < s->mixture.n; i++)
        finished = show(ctx, s, i, given, tuned);
    printf("\n%s", l2osr_rule_text(tuned));
    l2osr_rule_free(tuned);
    return finished;
}

int main(int argc, char **argv) {
    struct setting s = {
        .task = {.name = "mlp"}, .options = L2OSR_TUNER_OPTIONS_INIT, .estimator = "es", .seed = 1};
    l2osr_rule *given;
    l2osr_tuner *tuner;
    read_setting(&s, argc, argv);
    check_outputs(&s);
    set_options(&s);
    l2osr_context *ctx = open_session(s.threads, s.seed);
    must(ctx,
         s.file ? l2osr_rule_load(&given, ctx, s.file) : l2osr_rule_preset(&given, ctx, "adam"));
    open_mixture(&s.mixture, ctx, &s.task, "task", s.task.name);
    s.options.tasks = s.mixture.train;
    s.options.n_tasks = s.mixture.n;
    l2osr_rule *start = reshape(ctx, &s, given);
    must(ctx, l2osr_tuner_create(&tuner, ctx, start, NULL, NULL, &s.options));
    const bool finished = s.compare ? compare_estimators(ctx, tuner, s.quick)
                                    : tune_and_show(ctx, &s, given, start, tuner);
    l2osr_tuner_free(tuner);
    l2osr_rule_free(start);
    l2osr_rule_free(given);
    close_mixture(&s.mixture);
    l2osr_context_free(ctx);
    return finished ? 0 : 130;
}
