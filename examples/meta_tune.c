/* SPDX-License-Identifier: MIT */
/* Meta-tuning: the constants of a rule learn while it trains an image classifier. In a rule file,
 * `~` before a constant says that it may change; without any, all but whole numbers may. */
#include <stdio.h>

#include "common.h"

static l2osr_rule *tune(l2osr_context *ctx, l2osr_rule *rule, l2osr_task *task,
                        const l2osr_tuner_options *options) {
    l2osr_tuner *tuner;
    l2osr_rule *tuned;
    must(ctx, l2osr_tuner_create(&tuner, ctx, rule, task, task, options));
    if (stopped(ctx, l2osr_tuner_run(tuner)))
        puts("stopped; keeping the best constants so far");
    must(ctx, l2osr_tuner_rule(tuner, &tuned));
    puts("                       before       after");
    printf("%-16s %12.4f %11.4f\n", "validation loss", l2osr_tuner_first_loss(tuner),
           l2osr_tuner_best_loss(tuner));
    printf("%-16s %12.6g %11.6g\n", "lr", l2osr_rule_default_lr(rule),
           l2osr_rule_default_lr(tuned));
    for (size_t i = 0; i < l2osr_rule_constant_count(rule); i++)
        printf("%2zu %-13s %12.6g %11.6g\n", i + 1, l2osr_rule_constant_name(rule, i),
               l2osr_rule_constant(rule, i), l2osr_rule_constant(tuned, i));
    l2osr_tuner_free(tuner);
    return tuned;
}

int main(int argc, char **argv) {
    const char *file = NULL, *out = NULL;
    struct task_choice choice = {.name = "mlp"};
    size_t steps = 0, threads = 0, seed = 1;
    bool quick = false, fixed_lr = false, first_order = false;
    const struct flag flags[] = {
        {"steps", FLAG_COUNT, &steps, "meta-steps; 0: 40, or 1000 with --first-order"},
        {"first-order", FLAG_BOOL, &first_order, "gradients through time, for rules almost right"},
        {"fixed-lr", FLAG_BOOL, &fixed_lr, "leave the step size alone"},
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
    l2osr_tuner_options o = {.struct_size = sizeof o, .meta_steps = steps, .fixed_lr = fixed_lr};
    o.horizon = quick ? 40 : 200;
    if (quick)
        o.meta_steps = 5;
    else if (steps == 0)
        o.meta_steps = first_order ? 1000 : 40;
    if (!first_order) { /* few meta-steps, but each sees whole episodes and so may be large */
        o.estimator = L2OSR_META_ES;
        o.meta_lr = 0.1;
        o.validate_every = 5;
    }
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
