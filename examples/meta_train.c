/* SPDX-License-Identifier: MIT */
/* Meta-training: a small recurrent network learns to be an optimizer by training an image
 * classifier, or another task, many times; then it is compared with Adam on what it has not seen.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

enum { LRS = 5, MOST = 64 };

/* What options point to. */
struct lists {
    double weights[MOST], shares[MOST];
    size_t stages[MOST];
    l2osr_rule *teachers[MOST];
    l2osr_meta_task tasks[2];
};

/* "on" is the curriculum of the publication. */
static void set_curriculum(struct lists *l, const char *text, l2osr_meta_options *o) {
    o->with_curriculum = text != NULL;
    if (!text || strcmp(text, "on") == 0)
        return;
    double stages[MOST];
    o->curriculum = l->stages;
    o->n_curriculum = read_numbers("curriculum", text, stages, MOST);
    for (size_t i = 0; i < o->n_curriculum; i++)
        l->stages[i] = stages[i] > 0 ? (size_t)stages[i] : 0;
}

static void set_teachers(l2osr_context *ctx, struct lists *l, const char *text,
                         l2osr_meta_options *o) {
    char word[256];
    while (text && *text) {
        const size_t length = strcspn(text, ",");
        if (length >= sizeof word || o->n_teachers == MOST)
            fail("--teachers: too long");
        memcpy(word, text, length);
        word[length] = '\0';
        l->teachers[o->n_teachers++] = open_rule(ctx, word);
        text += length + (text[length] == ',');
    }
    o->teachers = l->teachers;
}

static l2osr_meta_loss find_loss(const char *name) {
    static const char *const names[] = {"sum", "last", "log-ratio"};
    for (int i = 0; i < 3; i++)
        if (strcmp(name, names[i]) == 0)
            return (l2osr_meta_loss)i;
    fail("--loss: sum, last or log-ratio, not '%s'", name);
}

static void set_lists(struct lists *l, const char *weights, const char *shares,
                      l2osr_meta_options *o) {
    if (shares)
        o->n_imitation_shares = read_numbers("imitation-share", shares, l->shares, MOST);
    o->imitation_shares = l->shares;
    if (!weights)
        return;
    const size_t n = read_numbers("window-weights", weights, l->weights, MOST);
    if (n != o->unroll + 1)
        fail("--window-weights: %zu numbers, but --unroll %zu needs %zu", n, o->unroll,
             o->unroll + 1);
    o->window_weights = l->weights;
}

static l2osr_model *train(l2osr_context *ctx, const char *preset, l2osr_task *task,
                          const l2osr_meta_options *options) {
    static const char *const reasons[] = {"interrupted", "all meta-steps done", "no improvement",
                                          "the curriculum is through"};
    const l2osr_model_options o = {.struct_size = sizeof o, .preset = preset};
    l2osr_meta_report report = {.struct_size = sizeof report};
    l2osr_model *model;
    must(ctx, l2osr_model_create(&model, ctx, &o));
    printf("meta-training %s, %zu weights\n", l2osr_model_preset(model), l2osr_model_size(model));
    fflush(stdout);
    if (stopped(ctx, l2osr_meta_train(ctx, model, options->n_tasks ? NULL : task, task, options,
                                      &report)))
        puts("stopped; keeping the best weights so far");
    printf("%zu meta-steps, %zu episodes (%zu diverged) in %.1f s: %s\n", report.meta_steps,
           report.episodes, report.diverged, report.seconds, reasons[report.stop]);
    if (options->with_curriculum)
        printf("reached stage %zu\n", report.stage + 1);
    printf("validation loss %.4f, best %.4f after meta-step %zu\n", report.first_loss,
           report.best_loss, report.best_step);
    return model;
}

/* Adam gets its best step size at this horizon, or the comparison would flatter the model. */
static bool compare(l2osr_context *ctx, l2osr_model *model, l2osr_task *task, size_t steps,
                    size_t seeds) {
    static const double lrs[LRS] = {1e-3, 3e-3, 1e-2, 3e-2, 1e-1};
    const l2osr_evaluate_options o = {
        .struct_size = sizeof o, .steps = steps, .seeds = seeds, .metric = 1};
    l2osr_entry entries[2] = {{.name = "model", .model = model}, {.name = "adam"}};
    const char *metric = l2osr_task_metric_name(task);
    l2osr_curves *curves = NULL;
    must(ctx, l2osr_rule_preset(&entries[1].rule, ctx, "adam"));
    const bool finished = !stopped(ctx, l2osr_grid_search(ctx, task, entries[1].rule, LRS, lrs, &o,
                                                          &entries[1].lr)) &&
                          !stopped(ctx, l2osr_evaluate(&curves, ctx, task, 2, entries, &o));
    if (finished)
        printf("\nheld out               loss at %-4zu       %s\n", steps, metric ? metric : "");
    for (size_t i = 0; finished && i < 2; i++) {
        const l2osr_spread loss = l2osr_curves_at(curves, i, steps);
        const l2osr_spread score = l2osr_curves_metric(curves, i);
        printf("%-21s  %.3f +- %.3f    ", entries[i].name, loss.mean, loss.deviation);
        if (metric)
            printf("%.3f +- %.3f", score.mean, score.deviation);
        puts("");
    }
    l2osr_curves_free(curves);
    l2osr_rule_free(entries[1].rule);
    return finished;
}

int main(int argc, char **argv) {
    struct task_choice choice = {.name = "mlp"};
    const char *preset = "rp_s", *out = NULL, *loss = "sum", *weights = NULL, *also = NULL;
    const char *curriculum = NULL, *shares = NULL, *teachers = NULL;
    size_t threads = 0, seed = 1;
    bool from_scratch = false, quick = false, constant = false, last_window = false, resume = false;
    double also_weight = 1;
    l2osr_meta_options o = {.struct_size = sizeof o,
                            .meta_steps = 300,
                            .unroll = 20,
                            .horizon = 200,
                            .meta_lr = 3e-4,
                            .imitation_lr = 3e-3,
                            .teacher_stride = 1,
                            .checkpoint_seconds = 60};
    const struct flag flags[] = {
        {"model", FLAG_TEXT, &preset, "rp_s, rp, rp_si or dm"},
        {"steps", FLAG_COUNT, &o.meta_steps, "meta-steps; 1000 make a better optimizer"},
        {"unroll", FLAG_COUNT, &o.unroll, "steps between two meta-steps"},
        {"horizon", FLAG_COUNT, &o.horizon, "steps of an episode"},
        TASK_FLAGS(&choice),
        {"also", FLAG_TEXT, &also, "a second task, to draw episodes from both"},
        {"also-weight", FLAG_NUMBER, &also_weight, "how often, for one of the first"},
        {"random-scale", FLAG_NUMBER, &o.random_scale, "b: units of exp(-b) to exp(b); 3 is usual"},
        /* the meta-loss and how it goes down */
        {"loss", FLAG_TEXT, &loss, "of a window: sum, last or log-ratio"},
        {"window-weights", FLAG_TEXT, &weights, "unroll + 1 factors of its losses, with commas"},
        {"lr", FLAG_NUMBER, &o.meta_lr, "meta-step size"},
        {"constant", FLAG_BOOL, &constant, "keep it, instead of falling as a cosine"},
        {"warmup", FLAG_COUNT, &o.warmup, "meta-steps in which it rises"},
        {"clip", FLAG_NUMBER, &o.clip, "largest norm of a meta-gradient; 0: any"},
        /* imitation */
        {"imitation", FLAG_COUNT, &o.imitation, "meta-steps that imitate first; 0: 200 or a half"},
        {"from-scratch", FLAG_BOOL, &from_scratch, "do not imitate a rule first"},
        {"imitation-share", FLAG_TEXT, &shares, "part of later episodes that imitate; per stage"},
        {"teachers", FLAG_TEXT, &teachers, "rules by name or file, with commas, in turns"},
        {"teacher-stride", FLAG_COUNT, &o.teacher_stride, "steps of a teacher for one of a model"},
        {"imitation-lr", FLAG_NUMBER, &o.imitation_lr, "meta-step size when imitating"},
        /* validation */
        {"curriculum", FLAG_TEXT, &curriculum, "'on', or horizons of its stages, with commas"},
        {"validate-every", FLAG_COUNT, &o.validate_every, "meta-steps, or episodes; 0: 100 or 10"},
        {"validate-runs", FLAG_COUNT, &o.validate_runs, "episodes of a validation; 0: 2"},
        {"last-window", FLAG_BOOL, &last_window, "judge by the last window of an episode"},
        {"patience", FLAG_COUNT, &o.patience, "validations without improvement; 0: any"},
        /* going on later */
        {"checkpoint", FLAG_TEXT, &o.checkpoint, "file to write where training is"},
        {"checkpoint-seconds", FLAG_NUMBER, &o.checkpoint_seconds, "between two of them"},
        {"resume", FLAG_BOOL, &resume, "go on from the checkpoint, if it is there"},
        /* everything else */
        {"threads", FLAG_COUNT, &threads, "0: one per processor"},
        {"seed", FLAG_COUNT, &seed, "of everything random"},
        {"out", FLAG_TEXT, &out, "file for the model"},
        {"quick", FLAG_BOOL, &quick, "few meta-steps on short episodes, to see that it works"},
    };
    struct lists lists = {.stages = {0}};
    read_flags(argc, argv, "Meta-trains a numerical optimizer and compares it with Adam.", flags,
               sizeof flags / sizeof flags[0], NULL, NULL, 0);
    if (out)
        check_output(out);
    if (o.checkpoint)
        check_output(o.checkpoint);
    else if (resume)
        fail("--resume needs --checkpoint FILE");
    o.meta_steps = quick ? 20 : o.meta_steps;
    o.horizon = quick ? 40 : o.horizon;
    o.loss = find_loss(loss);
    o.schedule = constant ? L2OSR_SCHEDULE_CONSTANT : L2OSR_SCHEDULE_COSINE;
    o.no_imitation = from_scratch;
    o.validate_last_window = last_window;
    o.resume = resume && access(o.checkpoint, F_OK) == 0;
    set_lists(&lists, weights, shares, &o);
    set_curriculum(&lists, curriculum, &o);
    l2osr_context *ctx = open_session(threads, seed);
    set_teachers(ctx, &lists, teachers, &o);
    struct tasks tasks = open_tasks(ctx, &choice), second = {.train = NULL};
    if (also) {
        choice.name = also;
        second = open_tasks(ctx, &choice);
        lists.tasks[0] = (l2osr_meta_task){tasks.train, 1};
        lists.tasks[1] = (l2osr_meta_task){second.train, also_weight};
        o.tasks = lists.tasks;
        o.n_tasks = 2;
    }
    puts(tasks.title);
    l2osr_model *model = train(ctx, preset, tasks.train, &o);
    if (out)
        must(ctx, l2osr_model_save(model, out));
    const bool finished = compare(ctx, model, tasks.held_out, o.horizon, quick ? 2 : 5);
    l2osr_model_free(model);
    for (size_t i = 0; i < o.n_teachers; i++)
        l2osr_rule_free(lists.teachers[i]);
    close_tasks(&tasks);
    close_tasks(&second);
    l2osr_context_free(ctx);
    return finished ? 0 : 130;
}
