/* SPDX-License-Identifier: MIT */
/* Meta-tuning: the constants of a rule learn while it trains an image classifier. In a rule file,
 * `~` before a constant says that it may change; without any, all but whole numbers may. */
#include <stdio.h>

#include "common.h"

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

static l2osr_rule *tune(l2osr_context *ctx, l2osr_rule *rule, l2osr_task *task,
                        const l2osr_tuner_options *options) {
    l2osr_meta_report report = L2OSR_META_REPORT_INIT;
    l2osr_tuner *tuner;
    l2osr_rule *tuned;
    must(ctx, l2osr_tuner_create(&tuner, ctx, rule, task, NULL, options));
    printf("%.1f MB beside what the task needs\n", (double)l2osr_tuner_memory(tuner) / 1e6);
    if (stopped(ctx, l2osr_tuner_run(tuner)))
        puts("stopped; keeping the best constants so far");
    must(ctx, l2osr_tuner_rule(tuner, &tuned));
    l2osr_tuner_report(tuner, &report);
    printf("%zu meta-steps, %zu episodes, of which %zu diverged\n\n", report.meta_steps,
           report.episodes, report.diverged);
    puts("                       before       after");
    printf("%-16s %12.4f %11.4f\n", "validation loss", l2osr_tuner_first_loss(tuner),
           l2osr_tuner_best_loss(tuner));
    print_constants(rule, tuned);
    l2osr_tuner_free(tuner);
    return tuned;
}

/* What comes from where: gradients are cheap and make small steps, evolution strategies see whole
 * episodes and make large ones. */
static void set_options(l2osr_tuner_options *o, bool quick) {
    const bool evolution = o->estimator == L2OSR_META_ES || o->estimator == L2OSR_META_PES;
    o->horizon = quick ? 40 : 200;
    if (quick)
        o->meta_steps = 5;
    else if (o->meta_steps == 0)
        o->meta_steps = evolution ? 40 : 1000;
    if (!evolution)
        return;
    o->meta_lr = 0.1;
    o->validate_every = 5;
}

int main(int argc, char **argv) {
    const char *file = NULL, *out = NULL;
    struct task_choice choice = {.name = "mlp"};
    const char *estimator = "es";
    l2osr_tuner_options o = L2OSR_TUNER_OPTIONS_INIT;
    size_t threads = 0, seed = 1;
    bool quick = false, fixed_lr = false, tune_wd = false, by_kind = false, resume = false;
    const struct flag flags[] = {
        {"steps", FLAG_COUNT, &o.meta_steps, "meta-steps; 0: 40, or 1000 with gradients"},
        {"estimator", FLAG_TEXT, &estimator, "of gradients: first, exact, es or pes"},
        {"fixed-lr", FLAG_BOOL, &fixed_lr, "leave the step size alone"},
        {"tune-wd", FLAG_BOOL, &tune_wd, "tune the weight decay, too"},
        {"by-kind", FLAG_BOOL, &by_kind, "lists are for vectors, matrices and kernels"},
        {"lag-penalty", FLAG_NUMBER, &o.lag_penalty, "what old values pay for their size"},
        {"prune", FLAG_NUMBER, &o.prune,
         "part of the loss that terms may save; negative: keep all"},
        {"checkpoint", FLAG_TEXT, &o.checkpoint, "file to go on from after an interruption"},
        {"resume", FLAG_BOOL, &resume, "go on from it"},
        TASK_FLAGS(&choice),
        {"threads", FLAG_COUNT, &threads, "0: one per processor"},
        {"seed", FLAG_COUNT, &seed, "of everything random"},
        {"out", FLAG_TEXT, &out, "file for the tuned rule"},
        {"quick", FLAG_BOOL, &quick, "few meta-steps on short episodes, to see that it works"},
    };
    read_flags(argc, argv, "Tunes the constants of a rule, or of Adam.", flags,
               sizeof flags / sizeof flags[0], "[FILE.rule]", &file, 1);
    if (out)
        check_output(out);
    l2osr_context *ctx = open_session(threads, seed);
    l2osr_rule *rule;
    must(ctx, file ? l2osr_rule_load(&rule, ctx, file) : l2osr_rule_preset(&rule, ctx, "adam"));
    struct tasks tasks = open_tasks(ctx, &choice);
    o.estimator = (l2osr_meta_estimator)choose_word("estimator", estimator, "first exact es pes");
    o.fixed_lr = fixed_lr;
    o.tune_wd = tune_wd;
    o.by_kind = by_kind;
    o.resume = resume;
    set_options(&o, quick);
    printf("%s\n\n", tasks.title);
    l2osr_rule *tuned = tune(ctx, rule, tasks.train, &o);
    if (out)
        must(ctx, l2osr_rule_save(tuned, out));

    /* The validation loss chose the constants, so only data apart can say how good they are. */
    const struct comparison c = {1, {o.horizon}, quick ? 2 : 5};
    struct contestant lines[] = {{.name = "before", .rule = rule},
                                 {.name = "after", .rule = tuned}};
    l2osr_curves *curves;
    const bool finished = !compare_optimizers(ctx, tasks.held_out, &c, lines, 2, &curves);
    if (finished) {
        puts("\nheld out");
        print_table(tasks.held_out, &c, lines, 2);
    }
    printf("\n%s", l2osr_rule_text(tuned));
    l2osr_curves_free(curves);
    l2osr_rule_free(tuned);
    l2osr_rule_free(rule);
    close_tasks(&tasks);
    l2osr_context_free(ctx);
    return finished ? 0 : 130;
}
