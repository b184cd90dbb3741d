/* SPDX-License-Identifier: MIT */
/* Meta-training on a task that is as large as a network of today's middle size. */
#include "../steps.h"
#include "meta.h"

enum { THREADS = 2 };

/* A training, in a process of its own. */
struct job {
    const char *name;
    size_t n;     /* parameters of a diagonal quadratic, or 0 and the */
    size_t width; /* of both hidden layers of a classifier */
    size_t meta_steps;
    size_t validate_runs; /* on the task, as users will; 0: see train() */
};

static double run_job(const void *arg) {
    const struct job *job = arg;
    l2osr_context *ctx = context_of(THREADS);
    const l2osr_meta_options o = {.struct_size = sizeof o,
                                  .meta_steps = job->meta_steps,
                                  .unroll = UNROLL,
                                  .horizon = UNROLL,
                                  .validate_runs = job->validate_runs,
                                  .no_imitation = 1};
    const char *name;
    l2osr_dataset *images = job->width ? open_images(ctx, &name) : NULL;
    l2osr_task *task =
        images ? image_task(ctx, images, job->width, job->width) : diagonal_task(ctx, job->n);
    const double seconds = train(ctx, "rp_s", task, job->validate_runs ? task : NULL, &o);
    l2osr_task_free(task);
    l2osr_dataset_free(images);
    l2osr_context_free(ctx);
    return seconds;
}

static size_t parameters(const struct job *job) {
    const size_t w = job->width;
    return w ? (784 + 1) * w + (w + 1) * w + (w + 1) * 10 : job->n;
}

void bench_large(struct bench *bench) {
    static const struct job small[] = {{"quadratic 1M", 1000000, 0, 3, 0},
                                       {"validated by 1 run", 1000000, 0, 1, 1},
                                       {"validated by 2 runs", 1000000, 0, 1, 2},
                                       {"MLP 784-680-680-10", 0, 680, 1, 0}};
    static const struct job large[] = {{"quadratic 25M", 25000000, 0, 3, 0},
                                       {"validated by 1 run", 25000000, 0, 1, 1},
                                       {"validated by 2 runs", 25000000, 0, 1, 2},
                                       {"MLP 784-4600-4600-10", 0, 4600, 1, 0}};
    const size_t count = sizeof small / sizeof small[0];
    const struct job *jobs = bench_quick(bench) ? small : large;
    bench_section(bench, "rp_s on large tasks, unroll 20, 2 threads (BLAS has 1)");
    for (const struct job *job = jobs; job < jobs + count; job++) {
        const struct outcome o = in_child(run_job, job);
        const double n = (double)parameters(job);
        bench_report(bench, job->name, "parameters", 1e-6 * n, "M");
        if (job->validate_runs == 0) {
            bench_report(bench, job->name, "meta-step", o.seconds, "s");
            bench_report(bench, job->name, "step", 1e9 * o.seconds / UNROLL / n, "ns");
        }
        bench_report(bench, job->name, "a parameter", o.memory / n, "B");
        if (bench_quick(bench))
            bench_report(bench, job->name, "peak memory", 1e-9 * o.memory, "GB");
        else
            bench_at_most(bench, job->name, "peak memory", 1e-9 * o.memory, "GB", 8);
    }
}
