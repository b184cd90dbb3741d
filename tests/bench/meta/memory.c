/* SPDX-License-Identifier: MIT */
/* Memory of meta-training, from what the library asks for and from what the process has. */
#include "../../meter.h"
#include "../steps.h"
#include "meta.h"

/* ---- what the library asks for ---- */

/* Most bytes at a time of a training on n parameters. */
static size_t peak(const char *model, size_t n, bool defaults) {
    struct meter meter = {0};
    const struct l2osr_allocator hooks = meter_hooks(&meter);
    const l2osr_context_options co = {.struct_size = sizeof co, .allocator = &hooks, .threads = 1};
    const l2osr_meta_options o = {.struct_size = sizeof o,
                                  .meta_steps = 2,
                                  .unroll = UNROLL,
                                  .horizon = UNROLL,
                                  .no_imitation = !defaults};
    l2osr_context *ctx;
    must(l2osr_context_create(&ctx, &co));
    l2osr_task *task = diagonal_task(ctx, n);
    train(ctx, model, task, defaults ? task : NULL, &o);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
    return meter.peak;
}

/* Numbers of four bytes per parameter: from two sizes, so that what does not grow drops out. */
static double growth(const char *model, bool defaults) {
    const size_t n = 8192; /* whole pieces of every loop */
    return (double)(peak(model, 2 * n, defaults) - peak(model, n, defaults)) /
           (double)(n * sizeof(float));
}

static double state_of(const char *name) {
    l2osr_context *ctx = context_of(1);
    l2osr_model *model = create_model(ctx, name);
    const double state = (double)l2osr_model_state(model);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
    return state;
}

/* ---- what the process has ---- */

static double train_on_images(const void *model) {
    const l2osr_meta_options o = {.struct_size = sizeof o,
                                  .meta_steps = 2,
                                  .unroll = UNROLL,
                                  .horizon = UNROLL,
                                  .no_imitation = 1};
    l2osr_context *ctx = context_of(1);
    const char *name;
    l2osr_dataset *images = open_images(ctx, &name);
    l2osr_task *task = image_task(ctx, images, 30, 20);
    const double seconds = train(ctx, model, task, NULL, &o);
    l2osr_task_free(task);
    l2osr_dataset_free(images);
    l2osr_context_free(ctx);
    return seconds;
}

void bench_memory(struct bench *bench, const struct subject *subjects, size_t count) {
    bench_section(bench, "memory: floats per parameter at the peak of a meta-step (the state is "
                         "there twice), and with\n"
                         "imitation and validation; the process with the MLP and its images, "
                         "beside PyTorch's");
    for (const struct subject *s = subjects; s < subjects + count; s++) {
        const double state = state_of(s->name), all = growth(s->name, false), MiB = 1 << 20;
        bench_report(bench, s->name, "state", state, "floats");
        bench_report(bench, s->name, "meta-step", all, "floats");
        bench_at_most(bench, s->name, "beyond state", all - state, "floats", UNROLL + 8);
        bench_report(bench, s->name, "beyond two", all - 2 * state, "floats");
        bench_report(bench, s->name, "defaults", growth(s->name, true), "floats");
        bench_report(bench, s->name, "process", in_child(train_on_images, s->name).memory / MiB,
                     "MiB");
        bench_report(bench, s->name, "torch", s->torch_memory, "MiB");
    }
}
