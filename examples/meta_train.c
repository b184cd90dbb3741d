/* SPDX-License-Identifier: MIT */
/* Meta-training: a small recurrent network learns to be an optimizer by training an image
 * classifier many times; then it is compared with Adam on images that it has not seen. */
#include <stdio.h>

#include "common.h"

enum { LRS = 5 };

static l2osr_model *train(l2osr_context *ctx, const char *preset, l2osr_task *task,
                          const l2osr_meta_options *options) {
    const l2osr_model_options o = {.struct_size = sizeof o, .preset = preset};
    l2osr_meta_report report = {.struct_size = sizeof report};
    l2osr_model *model;
    must(ctx, l2osr_model_create(&model, ctx, &o));
    printf("meta-training %s, %zu weights\n", l2osr_model_preset(model), l2osr_model_size(model));
    fflush(stdout);
    if (stopped(ctx, l2osr_meta_train(ctx, model, task, task, options, &report)))
        puts("stopped; keeping the best weights so far");
    printf("%zu meta-steps in %.1f s: validation loss %.4f, best %.4f after meta-step %zu\n",
           report.meta_steps, report.seconds, report.first_loss, report.best_loss,
           report.best_step);
    return model;
}

/* Adam gets its best step size at this horizon, or the comparison would flatter the model. */
static bool compare(l2osr_context *ctx, l2osr_model *model, l2osr_task *task, size_t steps,
                    size_t seeds) {
    static const double lrs[LRS] = {1e-3, 3e-3, 1e-2, 3e-2, 1e-1};
    const l2osr_evaluate_options o = {
        .struct_size = sizeof o, .steps = steps, .seeds = seeds, .metric = 1};
    l2osr_entry entries[2] = {{.name = "model", .model = model}, {.name = "adam"}};
    l2osr_curves *curves = NULL;
    must(ctx, l2osr_rule_preset(&entries[1].rule, ctx, "adam"));
    const bool finished = !stopped(ctx, l2osr_grid_search(ctx, task, entries[1].rule, LRS, lrs, &o,
                                                          &entries[1].lr)) &&
                          !stopped(ctx, l2osr_evaluate(&curves, ctx, task, 2, entries, &o));
    if (finished)
        printf("\non the held-out half   loss at %-4zu       accuracy\n", steps);
    for (size_t i = 0; finished && i < 2; i++) {
        const l2osr_spread loss = l2osr_curves_at(curves, i, steps);
        const l2osr_spread accuracy = l2osr_curves_metric(curves, i);
        printf("%-21s  %.3f +- %.3f    %.3f +- %.3f\n", entries[i].name, loss.mean, loss.deviation,
               accuracy.mean, accuracy.deviation);
    }
    l2osr_curves_free(curves);
    l2osr_rule_free(entries[1].rule);
    return finished;
}

int main(int argc, char **argv) {
    const char *preset = "rp_s", *data = NULL, *out = NULL;
    size_t steps = 300, unroll = 20, horizon = 200, threads = 0, seed = 1;
    bool from_scratch = false, quick = false;
    const struct flag flags[] = {
        {"model", FLAG_TEXT, &preset, "rp_s, rp, rp_si or dm"},
        {"steps", FLAG_COUNT, &steps, "meta-steps; 1000 make a better optimizer"},
        {"unroll", FLAG_COUNT, &unroll, "steps between two meta-steps"},
        {"horizon", FLAG_COUNT, &horizon, "steps of an episode"},
        {"from-scratch", FLAG_BOOL, &from_scratch, "do not imitate a rule first"},
        {"data", FLAG_TEXT, &data, "folder with MNIST-like IDX files"},
        {"threads", FLAG_COUNT, &threads, "0: one per processor"},
        {"seed", FLAG_COUNT, &seed, "of everything random"},
        {"out", FLAG_TEXT, &out, "file for the model"},
        {"quick", FLAG_BOOL, &quick, "few meta-steps on short episodes, to see that it works"},
    };
    read_flags(argc, argv, "Meta-trains a numerical optimizer and compares it with Adam.", flags,
               sizeof flags / sizeof flags[0], NULL, NULL, 0);
    if (out)
        check_output(out);
    l2osr_context *ctx = open_session(threads, seed);
    struct images images = load_images(ctx, data);
    l2osr_task *task = mlp_task(ctx, images.train, NULL);
    l2osr_task *held_out = mlp_task(ctx, images.held_out, images.test);
    const l2osr_meta_options o = {.struct_size = sizeof o,
                                  .meta_steps = quick ? 20 : steps,
                                  .unroll = unroll,
                                  .horizon = quick ? 40 : horizon,
                                  .no_imitation = from_scratch};
    printf("%s, %zu parameters\n", images.name, l2osr_task_dim(task));
    l2osr_model *model = train(ctx, preset, task, &o);
    if (out)
        must(ctx, l2osr_model_save(model, out));
    const bool finished = compare(ctx, model, held_out, o.horizon, quick ? 2 : 5);
    l2osr_model_free(model);
    l2osr_task_free(task);
    l2osr_task_free(held_out);
    free_images(&images);
    l2osr_context_free(ctx);
    return finished ? 0 : 130;
}
