/* SPDX-License-Identifier: MIT */
/* Training that is interrupted and goes on: files, and what they must fit. See doc/formats.md. */
#include "base/bytes.h"
#include "base/snapshot.h"
#include "base/text.h"
#include "meta/trainer.h"

static const l2osr__snapshot_kind kind = {
    .kind = L2OSR__FILE_TRAINING,
    .version = 2,
    .work = "training",
    .common = "what is trained, tasks, seed and all options but those of the checkpoint",
};

/* ---- what a checkpoint must fit, a line for each thing ---- */

static void add_task(l2osr__text *text, const char *use, const l2osr_task *task) {
    l2osr__text_add(text, "%s %s of %zu parameters in %zu groups\n", use, l2osr_task_name(task),
                    l2osr_task_dim(task), l2osr_task_group_count(task));
}

static void add_tasks(l2osr__text *text, const l2osr__trainer *t) {
    for (size_t i = 0; i < t->options.n_tasks; i++) {
        add_task(text, "task", t->seats[i].task);
        l2osr__text_add_value(text, "share", t->seats[i].weight);
    }
    if (t->validation)
        add_task(text, "validation", t->validation);
}

static void add_teachers(l2osr__text *text, const l2osr_meta_options *o) {
    for (size_t i = 0; i < o->n_teachers; i++)
        if (o->teachers[i])
            l2osr__text_add_checksum(text, "teacher", l2osr_rule_text(o->teachers[i]));
        else
            l2osr__text_add(text, "teacher built in\n");
}

static void add_counts(l2osr__text *text, const l2osr_meta_options *o) {
    const struct {
        const char *name;
        size_t value;
    } counts[] = {
        {"meta_steps", o->meta_steps},
        {"unroll", o->unroll},
        {"horizon", o->horizon},
        {"imitation", o->imitation},
        {"validate_every", o->validate_every},
        {"validate_runs", o->validate_runs},
        {"estimator", o->estimator},
        {"pairs", o->pairs},
        {"loss", o->loss},
        {"schedule", o->schedule},
        {"warmup", o->warmup},
        {"patience", o->patience},
        {"validate_last_window", o->validate_last_window != 0},
        {"teacher_stride", o->teacher_stride},
        {"optimizer", o->optimizer},
        {"back_off", o->back_off != 0},
    };
    for (size_t i = 0; i < sizeof counts / sizeof counts[0]; i++)
        l2osr__text_add(text, "option %s %zu\n", counts[i].name, counts[i].value);
    for (size_t i = 0; i < o->n_curriculum; i++)
        l2osr__text_add(text, "stage %zu\n", o->curriculum[i]);
}

static void add_reals(l2osr__text *text, const l2osr_meta_options *o) {
    l2osr__text_add_value(text, "option meta_lr", o->meta_lr);
    l2osr__text_add_value(text, "option imitation_lr", o->imitation_lr);
    l2osr__text_add_value(text, "option sigma", o->sigma);
    l2osr__text_add_value(text, "option clip", o->clip);
    l2osr__text_add_value(text, "option random_scale", o->random_scale);
    l2osr__text_add_value(text, "option momentum", o->momentum);
    for (size_t i = 0; i < o->n_imitation_shares; i++)
        l2osr__text_add_value(text, "imitation share", o->imitation_shares[i]);
    for (size_t r = 0; o->window_weights && r <= o->unroll; r++)
        l2osr__text_add_value(text, "window weight", o->window_weights[r]);
}

static l2osr_status describe(const l2osr__trainer *t, char **out) {
    l2osr__text text = {.ctx = t->ctx};
    t->learner->class->describe(t->learner, &text);
    add_tasks(&text, t);
    if (t->learner->class->imitates)
        add_teachers(&text, &t->options);
    add_counts(&text, &t->options);
    add_reals(&text, &t->options);
    l2osr__text_add(&text, "seed %016llx\n", (unsigned long long)t->options.seed);
    return l2osr__text_take(&text, out);
}

/* ---- reading and writing ---- */

static l2osr_status check(const l2osr__snapshot *s, l2osr__trainer *t) {
    char *ours;
    L2OSR__TRY(describe(t, &ours));
    l2osr_status status = l2osr__snapshot_compare(s, &kind, ours);
    l2osr__free(t->ctx, ours);
    L2OSR__TRY(status);
    const char *wrong = l2osr__trainer_state_get(t, s->state, s->state_size);
    return wrong ? l2osr__snapshot_damaged(s, s->state_size, wrong) : L2OSR_OK;
}

l2osr_status l2osr__trainer_resume(l2osr__trainer *t) {
    l2osr__snapshot s;
    l2osr_status status = l2osr__snapshot_read(&s, t->ctx, t->options.checkpoint, &kind);
    if (status == L2OSR_OK)
        status = check(&s, t);
    l2osr__snapshot_close(&s);
    L2OSR__TRY(status);
    return l2osr__seats_set(t);
}

static l2osr_status write_file(l2osr__trainer *t) {
    char *description;
    L2OSR__TRY(describe(t, &description));
    l2osr_status status = l2osr__snapshot_write(t->ctx, t->options.checkpoint, &kind, description,
                                                t->state, l2osr__trainer_state_size(t));
    l2osr__free(t->ctx, description);
    if (status == L2OSR_OK)
        t->unsaved = false;
    return status;
}

l2osr_status l2osr__trainer_remember(l2osr__trainer *t) {
    const double now = l2osr__now();
    if (!t->options.checkpoint)
        return L2OSR_OK;
    if (!t->state) {
        L2OSR__TRY(l2osr__alloc_to(t->ctx, &t->state, l2osr__trainer_state_size(t), 1));
        t->saved = now;
    }
    l2osr__trainer_state_put(t, t->state);
    t->unsaved = true;
    if (now - t->saved < t->options.checkpoint_seconds)
        return L2OSR_OK;
    t->saved = now;
    if (write_file(t) != L2OSR_OK) /* it may work the next time */
        l2osr__log(t->ctx, L2OSR_LOG_WARNING, "%s", l2osr_context_errmsg(t->ctx));
    return L2OSR_OK;
}

l2osr_status l2osr__trainer_save(l2osr__trainer *t) {
    return t->unsaved ? write_file(t) : L2OSR_OK;
}
