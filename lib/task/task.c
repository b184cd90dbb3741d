/* SPDX-License-Identifier: MIT */
#include "task/task.h"

#include <string.h>

static l2osr_status invalid(l2osr_context *ctx, const char *why) {
    return l2osr__fail(ctx, L2OSR_EINVAL, "l2osr_task_callbacks: %s", why);
}

static l2osr_status check_callbacks(l2osr_context *ctx, const l2osr_task_callbacks *c) {
    if (!c->name)
        return invalid(ctx, "name is NULL");
    if (!c->groups || c->n_groups == 0)
        return invalid(ctx, "groups is empty; a task needs at least one group of parameters");
    if (c->flags & ~(unsigned)L2OSR_TASK_CONCURRENT)
        return invalid(ctx, "flags has an unknown bit");
    if (!c->init)
        return invalid(ctx, "init is NULL");
    if (!c->loss_grad && !c->loss_grad_f32)
        return invalid(ctx, "set loss_grad or loss_grad_f32");
    if (c->metric && !c->metric_name)
        return invalid(ctx, "metric_name is NULL although metric is set");
    return L2OSR_OK;
}

size_t l2osr__group_size(const l2osr_group *group) {
    size_t size = 1;
    for (size_t axis = 0; axis < group->rank; axis++)
        size *= group->shape[axis];
    return size;
}

static l2osr_status check_group(l2osr_context *ctx, const char *task, const l2osr_group *g,
                                size_t *size) {
    if (!g->name || g->rank > sizeof g->shape / sizeof *g->shape)
        return l2osr__fail(ctx, L2OSR_EINVAL, "task '%s': a group has %s", task,
                           g->name ? "more than 4 extents" : "no name");
    *size = 1;
    for (size_t axis = 0; axis < g->rank; axis++)
        if (__builtin_mul_overflow(*size, g->shape[axis], size))
            *size = SIZE_MAX;
    if (*size == 0)
        return l2osr__fail(ctx, L2OSR_EINVAL, "task '%s': group '%s' has no parameters", task,
                           g->name);
    return L2OSR_OK;
}

/* Adds up the number of parameters; bounds it so that no later size in bytes can overflow. */
static l2osr_status check_groups(l2osr_context *ctx, const l2osr_task_callbacks *c, size_t *dim) {
    *dim = 0;
    for (size_t i = 0; i < c->n_groups; i++) {
        size_t size = 0;
        L2OSR__TRY(check_group(ctx, c->name, &c->groups[i], &size));
        if (size > PTRDIFF_MAX / 32 - *dim)
            return l2osr__fail(ctx, L2OSR_ERANGE, "task '%s': group '%s' has too many parameters",
                               c->name, c->groups[i].name);
        *dim += size;
    }
    return L2OSR_OK;
}

/* To convert x, and the gradient where the task has none in f32. The blocks stay with the task, and
 * are large where it is. */
static size_t conversion_bytes(const l2osr_task *task) {
    return (task->callbacks.loss_grad_f32 ? 1 : 2) * task->dim * sizeof(double);
}

/* Moves a string into the task's own block, of which *room points to the unused part. */
static const char *keep(char **room, const char *text) {
    size_t size = text ? strlen(text) + 1 : 0;
    char *copy = *room;
    if (!text)
        return NULL;
    memcpy(copy, text, size);
    *room += size;
    return copy;
}

static l2osr_status keep_names(l2osr_task *task) {
    l2osr_task_callbacks *c = &task->callbacks;
    size_t size = strlen(c->name) + 1 + (c->metric_name ? strlen(c->metric_name) + 1 : 0);
    for (size_t i = 0; i < c->n_groups; i++)
        size += strlen(c->groups[i].name) + 1;
    L2OSR__TRY(l2osr__alloc_to(task->ctx, &task->strings, size, 1));
    L2OSR__TRY(l2osr__alloc_to(task->ctx, &task->groups, c->n_groups, sizeof *task->groups));
    char *room = task->strings;
    memcpy(task->groups, c->groups, c->n_groups * sizeof *task->groups);
    for (size_t i = 0; i < c->n_groups; i++)
        task->groups[i].name = keep(&room, c->groups[i].name);
    c->groups = task->groups;
    c->name = keep(&room, c->name);
    c->metric_name = keep(&room, c->metric_name);
    return L2OSR_OK;
}

static l2osr_status make(l2osr_task **out, l2osr_context *ctx, const l2osr_task_callbacks *given,
                         bool builtin) {
    l2osr_task *task;
    size_t dim;
    L2OSR__TRY(check_callbacks(ctx, given));
    L2OSR__TRY(check_groups(ctx, given, &dim));
    L2OSR__TRY(l2osr__alloc_to(ctx, &task, 1, sizeof *task));
    task->ctx = ctx;
    task->callbacks = *given;
    task->callbacks.free = NULL; /* until it is certain that the task owns the user's data */
    task->builtin = builtin;
    task->dim = dim;
    l2osr_status status = keep_names(task);
    if (status == L2OSR_OK)
        status = l2osr__scratch_init(&task->scratch, ctx, conversion_bytes(task));
    if (status != L2OSR_OK) {
        l2osr_task_free(task);
        return status;
    }
    *out = task;
    return L2OSR_OK;
}

static l2osr_status create(l2osr_task **out, l2osr_context *ctx,
                           const l2osr_task_callbacks *callbacks, void *user, bool builtin) {
    l2osr_task_callbacks c;
    *out = NULL;
    if (!callbacks)
        return invalid(ctx, "the table is NULL");
    l2osr_status status = l2osr__options_copy(ctx, &c, sizeof c, callbacks, "l2osr_task_callbacks");
    if (status == L2OSR_E2BIG)
        c.free = callbacks->free; /* a newer table begins with all that this library knows */
    if (status == L2OSR_OK)
        status = make(out, ctx, &c, builtin);
    if (status != L2OSR_OK) {
        if (c.free)
            c.free(user);
        return status;
    }
    (*out)->user = user;
    (*out)->callbacks.free = c.free;
    return L2OSR_OK;
}

l2osr_status l2osr_task_create(l2osr_task **out, l2osr_context *ctx,
                               const l2osr_task_callbacks *callbacks, void *user) {
    if (!out || !ctx)
        return L2OSR_EINVAL;
    return create(out, ctx, callbacks, user, false);
}

l2osr_status l2osr__task_create_builtin(l2osr_task **out, l2osr_context *ctx,
                                        const l2osr_task_callbacks *callbacks, void *user) {
    return create(out, ctx, callbacks, user, true);
}

void l2osr_task_free(l2osr_task *task) {
    if (!task)
        return;
    if (task->callbacks.free)
        task->callbacks.free(task->user);
    l2osr__scratch_destroy(&task->scratch);
    l2osr__free(task->ctx, task->groups);
    l2osr__free(task->ctx, task->strings);
    l2osr__free(task->ctx, task);
}

const char *l2osr_task_name(const l2osr_task *task) {
    return task->callbacks.name;
}

size_t l2osr_task_dim(const l2osr_task *task) {
    return task->dim;
}

l2osr_status l2osr__task_group_sizes(const l2osr_task *task, l2osr_context *ctx, size_t **out) {
    const size_t groups = task->callbacks.n_groups;
    L2OSR__TRY(l2osr__alloc_to(ctx, out, groups, sizeof **out));
    for (size_t i = 0; i < groups; i++)
        (*out)[i] = l2osr__group_size(&task->groups[i]);
    return L2OSR_OK;
}

size_t l2osr_task_group_count(const l2osr_task *task) {
    return task->callbacks.n_groups;
}

const l2osr_group *l2osr_task_group(const l2osr_task *task, size_t index) {
    return index < task->callbacks.n_groups ? &task->groups[index] : NULL;
}

const char *l2osr_task_metric_name(const l2osr_task *task) {
    return task->callbacks.metric ? task->callbacks.metric_name : NULL;
}

bool l2osr__task_is_concurrent(const l2osr_task *task) {
    return (task->callbacks.flags & L2OSR_TASK_CONCURRENT) != 0;
}
