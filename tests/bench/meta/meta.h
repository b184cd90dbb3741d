/* SPDX-License-Identifier: MIT */
/** @file meta.h The parts of bench_meta. A failure ends the program with a line. */
#ifndef TESTS_BENCH_META_H
#define TESTS_BENCH_META_H

#include "../bench.h"
#include "l2osr.h"

enum { UNROLL = 20, EPISODE = 10 /* windows of an episode */ };

/**
 * A model, and the reference in PyTorch 1.13 on one thread, its training loop without the square
 * of the window's length that it was published with: the best of its meta-steps on the MLP
 * 784-30-20-10, and the process' memory.
 */
struct subject {
    const char *name;
    double torch;        /* milliseconds */
    double times;        /* the goal: how many times as fast */
    double torch_memory; /* MiB */
};

/** Milliseconds of a meta-step and its parts on the MLP. */
void bench_split(struct bench *bench, const struct subject *subjects, size_t count);

/** What the library allocates per parameter, and a process' memory. */
void bench_memory(struct bench *bench, const struct subject *subjects, size_t count);

/** An optimizer for 25 million parameters; with --quick for a million. */
void bench_large(struct bench *bench);

/* ---- what they share ---- */

/** Fashion-MNIST where it is, else synthetic digits; *name says which. */
l2osr_dataset *open_images(l2osr_context *ctx, const char **name);

/** A classifier of images with two hidden layers. */
l2osr_task *image_task(l2osr_context *ctx, const l2osr_dataset *images, size_t first,
                       size_t second);

/** A quadratic with n curvatures of its own and noise that costs next to nothing. */
l2osr_task *diagonal_task(l2osr_context *ctx, size_t n);

l2osr_model *create_model(l2osr_context *ctx, const char *name);

/**
 * Seconds of a meta-step in l2osr_meta_train(): of all its meta-steps, what is around them shared
 * out.
 * @param validation NULL: on a task of one parameter, so that it takes neither time nor memory
 */
double train(l2osr_context *ctx, const char *model, l2osr_task *task, l2osr_task *validation,
             const l2osr_meta_options *options);

/** What came of some work in a process of its own. */
struct outcome {
    double seconds;
    double memory; /* peak of the process, bytes */
};

/** Runs the work, which returns seconds, in a child: peaks of memory do not mix. */
struct outcome in_child(double (*work)(const void *arg), const void *arg);

#endif
