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
    const char *file = NULL, *data = NULL, *out = NULL;
    size_t steps = 0, threads = 0, seed = 1;
    bool quick = false, fixed_lr = false, first_order = false;
    const struct flag flags[] = {
        {"steps", FLAG_COUNT, &steps, "meta-steps; 0: 40, or 1000 with --first-order"},
        {"first-order", FLAG_BOOL, &first_order, "gradients through time, for rules almost right"},
        {"fixed-lr", FLAG_BOOL, &fixed_lr, "leave the step size alone"},
        {"data", FLAG_TEXT, &data, "folder with MNIST-like IDX files"},
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
    struct images images = load_images(ctx, data);
    l2osr_task *task = mlp_task(ctx, images.train, NULL);
    l2osr_task *held_out = mlp_task(ctx, images.held_out, images.test);
    l2osr_tuner_options o = {.struct_size = sizeof o, .meta_steps = steps, .fixed_lr = fixed_lr};
    o.horizon = quick ? 40 : 200;
    if (quick)
        o.meta_steps = 5;
    else if (steps == 0)
        o.meta_steps = first_order ? 1000 : 40;
    if (!first_order) { /* few meta-steps, but each sees whole episodes and so may be large */
        o.estimator = L2OSR_EVOLUTION;
        o.meta_lr = 0.1;
        o.validate_every = 5;
    }
    printf("%s, %zu parameters\n\n", images.name, l2osr_task_dim(task));
    l2osr_rule *tuned = tune(ctx, rule, task, &o);
    if (out)
        must(ctx, l2osr_rule_save(tuned, out));

    /* The validation loss chose the constants, so only images apart can say how good they are. */
    const l2osr_entry entries[] = {{.name = "before", .rule = rule},
                                   {.name = "after", .rule = tuned}};
    const l2osr_evaluate_options e = {
        .struct_size = sizeof e, .steps = o.horizon, .seeds = quick ? 2 : 5, .metric = 1};
    l2osr_curves *curves;
    const bool finished = !stopped(ctx, l2osr_evaluate(&curves, ctx, held_out, 2, entries, &e));
    for (size_t i = 0; finished && i < 2; i++)
        printf("%sheld out, %-6s  loss at %zu: %.3f +- %.3f  accuracy %.3f\n", i ? "" : "\n",
               entries[i].name, e.steps, l2osr_curves_at(curves, i, e.steps).mean,
               l2osr_curves_at(curves, i, e.steps).deviation, l2osr_curves_metric(curves, i).mean);
    printf("\n%s", l2osr_rule_text(tuned));
    l2osr_curves_free(curves);
    l2osr_rule_free(tuned);
    l2osr_rule_free(rule);
    l2osr_task_free(task);
    l2osr_task_free(held_out);
    free_images(&images);
    l2osr_context_free(ctx);
    return finished ? 0 : 130;
}
