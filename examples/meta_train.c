/* SPDX-License-Identifier: MIT */
/* Meta-training: a small recurrent network learns to be an optimizer by training an image
 * classifier, or other tasks, many times; then it is compared with Adam on what it has not seen.
 */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "common.h"

enum { MOST = 64 };

/* What the command line says in all, and what `options` point to. */
struct setting {
    struct task_choice task;
    struct model_choice model;
    l2osr_meta_options options;
    const char *names, *estimator, *loss, *window_weights, *optimizer;
    const char *curriculum, *shares, *teachers;
    const char *out, *export;
    bool constant, back_off, from_scratch, last_window, resume, quick;
    size_t threads, seed;
    double weight_list[MOST], share_list[MOST];
    size_t stage_list[MOST];
    l2osr_rule *teacher_list[MOST];
    struct mixture mixture;
};

static void read_setting(struct setting *s, int argc, char **argv) {
    l2osr_meta_options *o = &s->options;
    const struct flag flags[] = {
        MODEL_FLAGS(&s->model),
        TASK_FLAGS(&s->task),
        {"tasks", FLAG_TEXT, &s->names, "several instead, with weights, as in mlp,mlp20:0.5"},
        {"random-scale", FLAG_NUMBER, &o->random_scale,
         "b: units of exp(-b) to exp(b); 3 is usual"},
        {"steps", FLAG_COUNT, &o->meta_steps, "meta-steps; 1000 make a better optimizer"},
        {"unroll", FLAG_COUNT, &o->unroll, "steps between two meta-steps"},
        {"horizon", FLAG_COUNT, &o->horizon, "steps of an episode"},
        /* the meta-loss and how it goes down */
        {"loss", FLAG_TEXT, &s->loss, "of a window: sum, last, log-ratio or log-sum"},
        {"window-weights", FLAG_TEXT, &s->window_weights, "unroll + 1 factors of its losses"},
        {"estimator", FLAG_TEXT, &s->estimator, "of its gradient: first, exact, es or pes"},
        {"sigma", FLAG_NUMBER, &o->sigma, "of the perturbations of es and pes; 0: 0.01"},
        {"pairs", FLAG_COUNT, &o->pairs, "of perturbed models at a time; 0: 8"},
        {"optimizer", FLAG_TEXT, &s->optimizer, "of the weights: adam or sgd"},
        {"momentum", FLAG_NUMBER, &o->momentum, "of sgd; 0: 0.9"},
        {"lr", FLAG_NUMBER, &o->meta_lr, "meta-step size; 0: 3e-4, with sgd 5e-3"},
        {"back-off", FLAG_BOOL, &s->back_off, "halve it when something diverges, from the best on"},
        {"constant", FLAG_BOOL, &s->constant, "keep it, instead of falling as a cosine"},
        {"warmup", FLAG_COUNT, &o->warmup, "meta-steps in which it rises"},
        {"clip", FLAG_NUMBER, &o->clip, "largest norm of a meta-gradient; 0: any"},
        /* imitation */
        {"imitation", FLAG_COUNT, &o->imitation, "meta-steps that imitate first; 0: 200 or a half"},
        {"from-scratch", FLAG_BOOL, &s->from_scratch, "do not imitate a rule first"},
        {"imitation-share", FLAG_TEXT, &s->shares, "part of later episodes that imitate"},
        {"teachers", FLAG_TEXT, &s->teachers, "rules by name or file, with commas, in turns"},
        {"teacher-stride", FLAG_COUNT, &o->teacher_stride, "steps of a teacher for one of a model"},
        {"imitation-lr", FLAG_NUMBER, &o->imitation_lr, "meta-step size when imitating"},
        /* validation */
        {"curriculum", FLAG_TEXT, &s->curriculum, "'on', or horizons of its stages, with commas"},
        {"validate-every", FLAG_COUNT, &o->validate_every, "meta-steps, or episodes; 0: 100 or 10"},
        {"validate-runs", FLAG_COUNT, &o->validate_runs, "episodes of a validation; 0: 2"},
        {"last-window", FLAG_BOOL, &s->last_window, "judge by the last window of an episode"},
        {"patience", FLAG_COUNT, &o->patience, "validations without improvement; 0: any"},
        /* going on later */
        {"checkpoint", FLAG_TEXT, &o->checkpoint, "file to write where training is"},
        {"checkpoint-seconds", FLAG_NUMBER, &o->checkpoint_seconds, "between two of them"},
        {"resume", FLAG_BOOL, &s->resume, "go on from the checkpoint, if it is there"},
        /* everything else */
        {"threads", FLAG_COUNT, &s->threads, "0: one per processor"},
        {"seed", FLAG_COUNT, &s->seed, "of everything random"},
        {"out", FLAG_TEXT, &s->out, "file for the model"},
        {"export", FLAG_TEXT, &s->export, ".npz file for its weights"},
        {"quick", FLAG_BOOL, &s->quick, "few meta-steps on short episodes, to see that it works"},
    };
    read_flags(argc, argv, "Meta-trains a numerical optimizer and compares it with Adam.", flags,
               sizeof flags / sizeof flags[0], NULL, NULL, 0);
}

/* ---- from words to options ---- */

static void set_window_weights(struct setting *s) {
    l2osr_meta_options *o = &s->options;
    if (!s->window_weights)
        return;
    const size_t n = read_numbers("window-weights", s->window_weights, s->weight_list, MOST);
    if (n != o->unroll + 1)
        fail("--window-weights: %zu numbers, but --unroll %zu needs %zu", n, o->unroll,
             o->unroll + 1);
    o->window_weights = s->weight_list;
}

/* "on" is the curriculum of the publication. */
static void set_curriculum(struct setting *s) {
    l2osr_meta_options *o = &s->options;
    o->with_curriculum = s->curriculum != NULL;
    if (!s->curriculum || strcmp(s->curriculum, "on") == 0)
        return;
    o->curriculum = s->stage_list;
    o->n_curriculum = read_counts("curriculum", s->curriculum, s->stage_list, MOST);
}

static void set_options(struct setting *s) {
    l2osr_meta_options *o = &s->options;
    if (s->resume && !o->checkpoint)
        fail("--resume needs --checkpoint FILE");
    if (o->horizon == 0 || o->unroll == 0)
        fail("--horizon and --unroll must be at least 1");
    if (s->quick) {
        o->meta_steps = 20;
        o->horizon = 40;
    }
    o->estimator = (l2osr_meta_estimator)choose_word("estimator", s->estimator, "first exact es pes");
    o->loss = (l2osr_meta_loss)(
        L2OSR_LOSS_SUM + choose_word("loss", s->loss, "sum last log-ratio log-sum"));
    o->schedule = s->constant ? L2OSR_SCHEDULE_CONSTANT : L2OSR_SCHEDULE_COSINE;
    o->optimizer = (l2osr_meta_optimizer)choose_word("optimizer", s->optimizer, "adam sgd");
    o->back_off = s->back_off;
    o->no_imitation = s->from_scratch;
    o->validate_last_window = s->last_window;
    o->resume = s->resume && access(o->checkpoint, F_OK) == 0;
    if (s->shares)
        o->n_imitation_shares = read_numbers("imitation-share", s->shares, s->share_list, MOST);
    o->imitation_shares = s->share_list;
    set_window_weights(s);
    set_curriculum(s);
}

static void check_outputs(const struct setting *s) {
    const char *const files[] = {s->out, s->export, s->options.checkpoint};
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        if (files[i])
            check_output(files[i]);
}

/* ---- what options borrow ---- */

static void open_teachers(l2osr_context *ctx, struct setting *s) {
    const char *list = s->teachers;
    char word[LONGEST_WORD];
    l2osr_meta_options *o = &s->options;
    while (next_word("teachers", &list, word)) {
        if (o->n_teachers == MOST)
            fail("--teachers: more than %d", MOST);
        s->teacher_list[o->n_teachers++] = open_rule(ctx, word);
    }
    o->teachers = s->teacher_list;
}

static void close_setting(struct setting *s) {
    for (size_t i = 0; i < s->options.n_teachers; i++)
        l2osr_rule_free(s->teacher_list[i]);
    close_mixture(&s->mixture);
}

/* ---- the work ---- */

static void train(l2osr_context *ctx, l2osr_model *model, const l2osr_meta_options *options) {
    static const char *const reasons[] = {"interrupted", "all meta-steps done", "no improvement",
                                          "the curriculum is through"};
    l2osr_meta_report report = {.struct_size = sizeof report};
    printf("meta-training %s, %zu weights\n", l2osr_model_preset(model), l2osr_model_size(model));
    fflush(stdout);
    if (stopped(ctx, l2osr_meta_train(ctx, model, NULL, NULL, options, &report)))
        puts("stopped; keeping the best weights so far");
    printf("%zu meta-steps, %zu episodes (%zu diverged) in %.1f s: %s\n", report.meta_steps,
           report.episodes, report.diverged, report.seconds, reasons[report.stop]);
    if (options->back_off)
        printf("step size halved %zu times\n", report.back_offs);
    if (options->with_curriculum)
        printf("reached stage %zu\n", report.stage + 1);
    printf("validation loss %.4f, best %.4f after meta-step %zu\n", report.first_loss,
           report.best_loss, report.best_step);
}

/* Adam gets its best step size at this horizon, or the comparison would flatter the model. */
static bool compare(l2osr_context *ctx, l2osr_model *model, const struct tasks *tasks,
                    const struct comparison *c) {
    struct contestant lines[] = {
        {.name = "model", .model = model},
        {.name = "adam", .n_lrs = 5, .lrs = {1e-3, 3e-3, 1e-2, 3e-2, 1e-1}}};
    l2osr_curves *curves;
    must(ctx, l2osr_rule_preset(&lines[1].rule, ctx, "adam"));
    const bool finished = !compare_optimizers(ctx, tasks->held_out, c, lines, 2, &curves);
    if (finished) {
        printf("\n%s, held out\n", tasks->title);
        print_table(tasks->held_out, c, lines, 2);
    }
    l2osr_curves_free(curves);
    l2osr_rule_free(lines[1].rule);
    return finished;
}

int main(int argc, char **argv) {
    struct setting s = {.task = {.name = "mlp"},
                        .model = {.preset = "rp_s"},
                        .estimator = "first",
                        .loss = "sum",
                        .optimizer = "adam",
                        .seed = 1,
                        .options = {.struct_size = sizeof s.options,
                                    .meta_steps = 300,
                                    .unroll = 20,
                                    .horizon = 200,
                                    .imitation_lr = 3e-3,
                                    .teacher_stride = 1,
                                    .checkpoint_seconds = 60}};
    read_setting(&s, argc, argv);
    check_outputs(&s);
    set_options(&s);
    l2osr_context *ctx = open_session(s.threads, s.seed);
    open_teachers(ctx, &s);
    open_mixture(&s.mixture, ctx, &s.task, "tasks", s.names ? s.names : s.task.name);
    s.options.tasks = s.mixture.train;
    s.options.n_tasks = s.mixture.n;
    l2osr_model *model = open_model(ctx, &s.model, s.mixture.train[0].task);
    train(ctx, model, &s.options);
    if (s.out)
        must(ctx, l2osr_model_save(model, s.out));
    if (s.export)
        must(ctx, l2osr_model_export(model, s.export));
    const struct comparison c = {1, {s.options.horizon}, s.quick ? 2 : 5};
    bool finished = true;
    for (size_t i = 0; finished && i < s.options.n_tasks; i++)
        finished = compare(ctx, model, &s.mixture.tasks[i], &c);
    l2osr_model_free(model);
    close_setting(&s);
    l2osr_context_free(ctx);
    return finished ? 0 : 130;
}
