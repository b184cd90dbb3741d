/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../steps.h"
#include "meta.h"

/* ---- tasks ---- */

#define FASHION_MNIST "/usr/share/datasets/fashion-mnist/train-"

l2osr_dataset *open_images(l2osr_context *ctx, const char **name) {
    const char *images = FASHION_MNIST "images-idx3-ubyte.gz";
    l2osr_dataset *set;
    if (access(images, R_OK) == 0) {
        *name = "Fashion-MNIST";
        must(l2osr_dataset_load(&set, ctx, images, FASHION_MNIST "labels-idx1-ubyte.gz"));
    } else {
        *name = "synthetic digits";
        must(l2osr_dataset_digits(&set, ctx, 10000, 1));
    }
    return set;
}

l2osr_task *image_task(l2osr_context *ctx, const l2osr_dataset *images, size_t first,
                       size_t second) {
    const size_t hidden[] = {first, second};
    const l2osr_mlp_options o = {.struct_size = sizeof o, .hidden = hidden, .n_hidden = 2};
    l2osr_task *task;
    must(l2osr_task_mlp(&task, ctx, images, &o));
    return task;
}

/* Between -1 and 1; the same for the same arguments. */
static float noise(size_t i, uint64_t key) {
    uint32_t h = ((uint32_t)i ^ (uint32_t)key) * 0x9e3779b1u;
    h = (h ^ h >> 15) * 0x85ebca6bu;
    return (float)(int32_t)(h ^ h >> 13) * 0x1p-31f;
}

/* The task's user data is its number of parameters. */
static int diagonal_init(void *user, uint64_t seed, double *x) {
    const size_t n = *(const size_t *)user;
    for (size_t i = 0; i < n; i++)
        x[i] = (double)noise(i, seed);
    return 0;
}

static int diagonal_loss_grad(void *user, const l2osr_draw *draw, const float *x, double *loss,
                              float *grad) {
    const size_t n = *(const size_t *)user;
    const uint64_t key = draw->seed + 77 * (draw->index + 1);
    double sum = 0;
    for (size_t i = 0; i < n; i++) {
        const float slope = (0.55f + 0.45f * noise(i, 0)) * x[i];
        sum += (double)(0.5f * slope * x[i]);
        if (grad)
            grad[i] = slope + 0.1f * noise(i, key);
    }
    *loss = sum;
    return 0;
}

l2osr_task *diagonal_task(l2osr_context *ctx, size_t n) {
    const l2osr_group group = {"x", 1, {n}};
    size_t *user = malloc(sizeof *user);
    l2osr_task_callbacks c = L2OSR_TASK_CALLBACKS_INIT;
    l2osr_task *task;
    if (!user)
        abort();
    *user = n;
    c.name = "diagonal";
    c.groups = &group;
    c.n_groups = 1;
    c.flags = L2OSR_TASK_CONCURRENT;
    c.init = diagonal_init;
    c.loss_grad_f32 = diagonal_loss_grad;
    c.free = free;
    must(l2osr_task_create(&task, ctx, &c, user));
    return task;
}

/* ---- training ---- */

l2osr_model *create_model(l2osr_context *ctx, const char *name) {
    const l2osr_model_options o = {.struct_size = sizeof o, .preset = name};
    l2osr_model *model;
    must(l2osr_model_create(&model, ctx, &o));
    return model;
}

double train(l2osr_context *ctx, const char *name, l2osr_task *task, l2osr_task *validation,
             const l2osr_meta_options *options) {
    l2osr_model *model = create_model(ctx, name);
    l2osr_task *small = diagonal_task(ctx, 1);
    l2osr_meta_report report = L2OSR_META_REPORT_INIT;
    must(l2osr_meta_train(ctx, model, task, validation ? validation : small, options, &report));
    l2osr_task_free(small);
    l2osr_model_free(model);
    return report.seconds / (double)report.meta_steps;
}

/* ---- processes ---- */

static void report_from_child(int out, double (*work)(const void *arg), const void *arg) {
    struct outcome o = {.seconds = work(arg)};
    struct rusage usage;
    getrusage(RUSAGE_SELF, &usage);
    o.memory = 1024 * (double)usage.ru_maxrss;
    _exit(write(out, &o, sizeof o) != sizeof o);
}

struct outcome in_child(double (*work)(const void *arg), const void *arg) {
    struct outcome o = {0};
    int ends[2], status = 0;
    fflush(NULL); /* or both print what is still in a buffer */
    if (pipe(ends) != 0)
        abort();
    const pid_t child = fork();
    if (child == 0)
        report_from_child(ends[1], work, arg);
    close(ends[1]);
    const bool read_all = child > 0 && read(ends[0], &o, sizeof o) == sizeof o;
    close(ends[0]);
    if (child > 0)
        waitpid(child, &status, 0);
    if (!read_all) {
        fprintf(stderr, "bench: a child ended without a result (status %d)\n", status);
        exit(1);
    }
    return o;
}
