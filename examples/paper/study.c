/* SPDX-License-Identifier: MIT */
#include "study.h"

#include <math.h>
#include <string.h>
#include <unistd.h>

#include "recipes.h"

/* ---- problems ---- */

struct problem open_problem(struct paper *p, const char *name) {
    static const struct {
        const char *name, *task;
        bool coloured; /* where there are such images */
    } problems[] = {{"P1", "mlp", false}, {"P2", "cnn", true}, {"P3", "mlp20", false}};
    size_t i = 0;
    while (strcmp(problems[i].name, name) != 0)
        i++;
    const char *cifar = problems[i].coloured ? p->cifar : NULL;
    const struct task_choice choice = {
        .name = problems[i].task, .data = cifar ? NULL : p->data, .cifar = cifar};
    return (struct problem){name, open_tasks(p->ctx, &choice)};
}

void close_problem(struct problem *problem) {
    close_tasks(&problem->tasks);
}

/* ---- optimizers ---- */

static const struct {
    const char *name, *rule;
} by_hand[] = {
    {"SGD", "default lr = 0.3; -lr * g"},
    {"momentum(0.5)", "default lr = 0.1; -lr * dsum(g, 0.5)"},
    {"Adam(0.9,0.9)", "default lr = 0.01; -lr * (ema(g, 0.9) / (1 - 0.9^t)) / "
                      "(sqrt(ema(g^2, 0.9) / (1 - 0.9^t)) + 1e-8)"},
};

static l2osr_rule *open_by_hand(l2osr_context *ctx, const char *name) {
    for (size_t i = 0; i < sizeof by_hand / sizeof by_hand[0]; i++)
        if (strcmp(by_hand[i].name, name) == 0)
            return open_rule(ctx, by_hand[i].rule);
    return NULL;
}

static const struct recipe *find_recipe(const char *name) {
    for (size_t i = 0; i < recipe_count; i++)
        if (strcmp(recipes[i].name, name) == 0)
            return &recipes[i];
    fail("no optimizer '%s'", name);
}

/* Enough to see that it works. */
static void shrink(l2osr_meta_options *o) {
    static const size_t stages[] = {40, 60};
    o->meta_steps = 30;
    o->imitation = 26;
    o->horizon = 60;
    o->validate_every = o->with_curriculum ? 2 : 15;
    if (o->with_curriculum) {
        o->curriculum = stages;
        o->n_curriculum = sizeof stages / sizeof stages[0];
    }
}

/* A run that is killed goes on from a checkpoint. */
static void train(struct paper *p, l2osr_model *model, const struct problem *problem,
                  const struct recipe *recipe) {
    const char *checkpoint = paper_path(p, "cache/%s-%s.checkpoint", problem->name, recipe->name);
    l2osr_meta_options o = recipe->options;
    l2osr_meta_report report = L2OSR_META_REPORT_INIT;
    l2osr_rule *teacher = recipe->teacher ? open_rule(p->ctx, recipe->teacher) : NULL;
    if (p->quick)
        shrink(&o);
    o.struct_size = sizeof o;
    o.teacher = teacher;
    o.checkpoint = checkpoint;
    o.checkpoint_seconds = 10;
    o.resume = access(checkpoint, F_OK) == 0;
    paper_must(p, l2osr_meta_train(p->ctx, model, problem->tasks.train, NULL, &o, &report));
    printf("  %zu meta-steps, validation loss %.4f, best %.4f\n", report.meta_steps,
           report.first_loss, report.best_loss);
    l2osr_rule_free(teacher);
}

l2osr_model *untrained_model(struct paper *p, const char *name) {
    const l2osr_model_options o = recipe_model(find_recipe(name), p->seed);
    l2osr_model *model;
    must(p->ctx, l2osr_model_create(&model, p->ctx, &o));
    return model;
}

static l2osr_model *open_trained(struct paper *p, const struct problem *problem, const char *name) {
    const char *path = paper_path(p, "cache/%s-%s.model", problem->name, name);
    char title[100];
    l2osr_model *model;
    snprintf(title, sizeof title, "meta-train %s on %s", name, problem->name);
    if (!paper_begin(p, path, title)) {
        must(p->ctx, l2osr_model_load(&model, p->ctx, path));
        return model;
    }
    model = untrained_model(p, name);
    train(p, model, problem, find_recipe(name));
    must(p->ctx, l2osr_model_save(model, path));
    remove(paper_path(p, "cache/%s-%s.checkpoint", problem->name, name));
    paper_end(p);
    return model;
}

struct subject open_subject(struct paper *p, const struct problem *problem,
                            const struct problem *trained, const char *name) {
    struct subject s = {.name = name, .problem = problem, .rule = open_by_hand(p->ctx, name)};
    if (!s.rule)
        s.model = open_trained(p, trained, name);
    return s;
}

void close_subject(struct subject *s) {
    l2osr_samples_free(s->train);
    l2osr_model_free(s->model);
    l2osr_rule_free(s->rule);
}

/* ---- what they do ---- */

/* As in the reference, a row of a rule by hand is one with 20 gradients, the latest not 0. (Models
 * are watched from the first step on.) */
static void weigh(struct paper *p, l2osr_samples *samples) {
    const size_t full = 20;
    must(p->ctx, l2osr_samples_add_weights(samples));
    for (size_t i = 0; i < l2osr_samples_trajectories(samples); i++) {
        const float *g = l2osr_samples_series(samples, 0, i);
        for (size_t t = 0; t < l2osr_samples_steps(samples); t++)
            if (t + 1 < full || g[t] == 0)
                l2osr_samples_weights(samples, i)[t] = 0;
    }
}

l2osr_samples *collect(struct paper *p, const struct subject *s, bool held_out) {
    const l2osr_collect_options o = {.struct_size = sizeof o,
                                     .runs = p->quick   ? 2
                                             : held_out ? 4
                                                        : 8,
                                     .steps = p->quick ? 80 : 400,
                                     .seed = held_out};
    l2osr_task *task = held_out ? s->problem->tasks.held_out : s->problem->tasks.train;
    l2osr_samples *samples;
    paper_must(p, s->model
                      ? l2osr_meta_collect(&samples, p->ctx, s->model, task, &o)
                      : l2osr_meta_collect_rule(&samples, p->ctx, s->rule, "g", NULL, task, &o));
    if (s->rule)
        weigh(p, samples);
    return samples;
}

/* ---- formulas ---- */

size_t study_searches(const struct paper *p) {
    return p->quick ? 2 : 3;
}

static l2osr_front *search(struct paper *p, struct subject *s, size_t run) {
    const l2osr_sr_options o = {.struct_size = sizeof o,
                                .operators = "+ * / tanh asinh square sqrt abs ema",
                                .evaluations = p->quick ? 4000 : 80000,
                                .max_complexity = 40,
                                .max_lag = 2,
                                .target_error = 1e-8,
                                .seed = run};
    l2osr_sr *sr;
    l2osr_front *front;
    if (!s->train)
        s->train = collect(p, s, false);
    must(p->ctx, l2osr_sr_create(&sr, p->ctx, s->train, &o));
    paper_must(p, l2osr_sr_run(sr));
    must(p->ctx, l2osr_sr_front(sr, &front));
    l2osr_sr_free(sr);
    return front;
}

l2osr_front *open_front(struct paper *p, struct subject *s, size_t run) {
    const char *path = paper_path(p, "cache/%s-%s-%zu.csv", s->problem->name, s->name, run);
    char title[100];
    l2osr_front *front;
    snprintf(title, sizeof title, "distil %s on %s, search %zu", s->name, s->problem->name,
             run + 1);
    if (paper_begin(p, path, title)) {
        front = search(p, s, run);
        must(p->ctx, l2osr_front_save(front, path));
        paper_end(p);
        l2osr_front_free(front);
    }
    must(p->ctx, l2osr_front_load(&front, p->ctx, path));
    return front;
}

/* The formula that a search recommends is the simplest whose R2 is that close to the best. */
static size_t recommended(const l2osr_front *front) {
    return l2osr_front_recommend(front, 0.005);
}

l2osr_spread study_fit(struct paper *p, struct subject *s, const l2osr_samples *samples) {
    double sum = 0, squares = 0;
    const double n = (double)study_searches(p);
    for (size_t run = 0; run < study_searches(p); run++) {
        double mse, r2 = NAN;
        l2osr_front *front = open_front(p, s, run);
        must(p->ctx, l2osr_front_measure(front, recommended(front), samples, &mse, &r2));
        l2osr_front_free(front);
        sum += r2;
        squares += r2 * r2;
    }
    const double variance = (squares - sum * sum / n) / (n - 1);
    return (l2osr_spread){sum / n, sqrt(variance > 0 ? variance : 0)};
}

const char *distilled_equation(struct paper *p, struct subject *s) {
    static char equation[4096];
    double best = -1;
    for (size_t run = 0; run < study_searches(p); run++) {
        l2osr_front *front = open_front(p, s, run);
        const l2osr_formula *f = l2osr_front_get(front, recommended(front));
        if (!f)
            fail("the search for what %s does found nothing", s->name);
        if (run == 0 || f->r2_validation > best) {
            best = f->r2_validation;
            snprintf(equation, sizeof equation, "%s", f->equation);
        }
        l2osr_front_free(front);
    }
    return equation;
}

l2osr_rule *distilled_rule(struct paper *p, struct subject *s) {
    l2osr_rule *rule;
    must(p->ctx, l2osr_rule_compose(&rule, p->ctx, s->model ? l2osr_model_features(s->model) : "",
                                    distilled_equation(p, s),
                                    s->model ? 0.01 : l2osr_rule_default_lr(s->rule)));
    return rule;
}

/* ---- measures ---- */

struct studied open_studied(struct paper *p, const struct problem *problem, const char *name) {
    struct studied studied = {.subject = open_subject(p, problem, problem, name)};
    struct subject *s = &studied.subject;
    studied.held_out = collect(p, s, true);
    must(p->ctx, l2osr_complexity_create(&studied.complexity, p->ctx, studied.held_out, NULL));
    for (size_t run = 0; run < study_searches(p); run++) {
        l2osr_front *front = open_front(p, s, run);
        paper_must(p, l2osr_complexity_add_front(studied.complexity, front));
        l2osr_front_free(front);
    }
    return studied;
}

void close_studied(struct studied *studied) {
    l2osr_complexity_free(studied->complexity);
    l2osr_samples_free(studied->held_out);
    close_subject(&studied->subject);
}

l2osr_spread studied_nodes(const struct studied *studied) {
    return l2osr_complexity_mapping(studied->complexity, 0.02);
}

/* ---- losses ---- */

static void run_entries(struct paper *p, const struct problem *problem, const char *path,
                        const l2osr_entry *entries, size_t n) {
    const size_t steps = p->quick ? 80 : 600;
    const l2osr_evaluate_options o = {
        .struct_size = sizeof o, .steps = steps, .seeds = p->quick ? 2 : 5};
    l2osr_curves *curves;
    paper_must(p, l2osr_evaluate(&curves, p->ctx, problem->tasks.held_out, n, entries, &o));
    FILE *csv = begin_output(path);
    fputs("loss,deviation\n", csv);
    for (size_t i = 0; i < n; i++) {
        const l2osr_spread loss = l2osr_curves_at(curves, i, steps);
        fprintf(csv, "%.9g,%.9g\n", loss.mean, loss.deviation);
    }
    end_output(csv, path);
    l2osr_curves_free(curves);
}

void study_losses(struct paper *p, const struct problem *problem, const char *name,
                  const l2osr_entry *entries, size_t n, l2osr_spread *losses) {
    const char *path = paper_path(p, "cache/%s-%s-losses.csv", problem->name, name);
    char title[100];
    l2osr_array *kept;
    snprintf(title, sizeof title, "losses of %s on %s", name, problem->name);
    if (paper_begin(p, path, title)) {
        run_entries(p, problem, path, entries, n);
        paper_end(p);
    }
    must(p->ctx, l2osr_array_load(&kept, p->ctx, path));
    if (l2osr_array_size(kept) != 2 * n)
        fail("%s: not the losses of %zu optimizers: remove it", path, n);
    for (size_t i = 0; i < n; i++)
        losses[i] = (l2osr_spread){l2osr_array_get(kept, 2 * i), l2osr_array_get(kept, 2 * i + 1)};
    l2osr_array_free(kept);
}
