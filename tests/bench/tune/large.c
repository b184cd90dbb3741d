/* SPDX-License-Identifier: MIT */
/* A meta-step of tuning on tasks as large as a network of today's middle size. */
#include "../meta/meta.h"
#include "../steps.h"
#include "tune.h"

enum { THREADS = 2 };

/* What is measured in processes of their own. */
struct job {
    const char *name;
    size_t n;     /* parameters of a diagonal quadratic, or 0 and the */
    size_t width; /* of both hidden layers of a classifier */
    bool half;
};

/* As many gradients and steps as a window has, without a window around them. */
static void run_parts(struct tuning *t) {
    l2osr__unroll *u = t->unroll;
    const l2osr_draw draw = {1, 0};
    double loss;
    for (int i = 0; i < UNROLL; i++) {
        must(l2osr_task_loss_grad_f32(u->config.task, &draw, u->x, &loss, u->g));
        must(l2osr_stepper_step_f32(u->stepper, u->x, u->g, NULL));
    }
}

static void run_meta_step(struct tuning *t) {
    must(l2osr__unroll_window(t->unroll, UNROLL));
    run_gradient(t);
}

static double run_job(const struct job *job, void (*work)(struct tuning *t)) {
    l2osr_context *ctx = context_of(THREADS);
    const char *name;
    l2osr_dataset *images = job->width ? open_images(ctx, &name) : NULL;
    l2osr_task *task =
        images ? image_task(ctx, images, job->width, job->width) : diagonal_task(ctx, job->n);
    struct tuning t;
    tuning_open(&t, ctx, task, distilled, job->half);
    must(l2osr__unroll_window(t.unroll, 1)); /* whatever happens in a first step */
    const double start = bench_now();
    work(&t);
    const double seconds = bench_now() - start;
    tuning_close(&t);
    l2osr_task_free(task);
    l2osr_dataset_free(images);
    l2osr_context_free(ctx);
    return seconds;
}

static double meta_step(const void *job) {
    return run_job(job, run_meta_step);
}

static double parts(const void *job) {
    return run_job(job, run_parts);
}

static size_t parameters(const struct job *job) {
    const size_t w = job->width;
    return w ? (784 + 1) * w + (w + 1) * w + (w + 1) * 10 : job->n;
}

static void bench_job(struct bench *bench, const struct job *job) {
    const struct outcome o = in_child(meta_step, job);
    const double n = (double)parameters(job), least = in_child(parts, job).seconds;
    bench_report(bench, job->name, "parameters", 1e-6 * n, "M");
    bench_report(bench, job->name, "20 and 20", least, "s");
    bench_report(bench, job->name, "meta-step", o.seconds, "s");
    bench_at_most(bench, job->name, "to those", o.seconds / least, "x", 1.5);
    bench_report(bench, job->name, "a parameter", o.memory / n, "B");
    bench_at_most(bench, job->name, "peak memory", 1e-9 * o.memory, "GB", 4);
}

void bench_large_tuning(struct bench *bench) {
    static const struct job small[] = {{"quadratic 1M", 1000000, 0, false},
                                       {"quadratic 1M in halves", 1000000, 0, true},
                                       {"MLP 784-680-680-10", 0, 680, false}};
    static const struct job large[] = {{"quadratic 25.6M", 25600000, 0, false},
                                       {"quadratic 25.6M in halves", 25600000, 0, true},
                                       {"MLP 784-4680-4680-10", 0, 4680, false}};
    const struct job *jobs = bench_quick(bench) ? small : large;
    bench_section(bench, "a meta-step (20 steps, one gradient more, derivatives) of the distilled "
                         "rule, 2 threads\n"
                         "(BLAS has 1), beside 20 gradients and 20 steps without a window around "
                         "them");
    for (size_t i = 0; i < sizeof small / sizeof small[0]; i++)
        bench_job(bench, &jobs[i]);
}
