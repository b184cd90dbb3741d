/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <unistd.h>

#include "common.h"

enum { SPLIT_SEED = 10, SYNTHETIC = 24000, SYNTHETIC_TEST = 4000, METRIC_IMAGES = 4000 };

static l2osr_dataset *load(l2osr_context *ctx, const char *folder, const char *what) {
    char images[4096], labels[4096];
    l2osr_dataset *set;
    for (int zipped = 1; zipped >= 0; zipped--) {
        snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte%s", folder, what,
                 zipped ? ".gz" : "");
        snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte%s", folder, what,
                 zipped ? ".gz" : "");
        if (access(images, F_OK) == 0)
            break;
    }
    must(ctx, l2osr_dataset_load(&set, ctx, images, labels));
    return set;
}

struct images load_images(l2osr_context *ctx, const char *folder) {
    const char *usual = "/usr/share/datasets/fashion-mnist";
    struct images images = {.name = folder ? folder : "Fashion-MNIST"};
    l2osr_dataset *all, *test;
    if (folder || access(usual, R_OK) == 0) {
        all = load(ctx, folder ? folder : usual, "train");
        test = load(ctx, folder ? folder : usual, "t10k");
    } else {
        images.name = "synthetic digits";
        must(ctx, l2osr_dataset_digits(&all, ctx, SYNTHETIC, 1));
        must(ctx, l2osr_dataset_digits(&test, ctx, SYNTHETIC_TEST, 2));
    }
    const size_t half = l2osr_dataset_size(all) / 2, some = l2osr_dataset_size(test);
    must(ctx, l2osr_dataset_part(&images.train, ctx, all, 0, half, SPLIT_SEED));
    must(ctx, l2osr_dataset_part(&images.held_out, ctx, all, half, half, SPLIT_SEED));
    must(ctx, l2osr_dataset_part(&images.test, ctx, test, 0,
                                 some < METRIC_IMAGES ? some : METRIC_IMAGES, SPLIT_SEED));
    l2osr_dataset_free(all);
    l2osr_dataset_free(test);
    return images;
}

void free_images(struct images *images) {
    l2osr_dataset_free(images->train);
    l2osr_dataset_free(images->held_out);
    l2osr_dataset_free(images->test);
}

l2osr_task *mlp_task(l2osr_context *ctx, const l2osr_dataset *set, const l2osr_dataset *test) {
    static const size_t hidden[] = {30, 20};
    l2osr_mlp_options o = L2OSR_MLP_OPTIONS_INIT;
    l2osr_task *task;
    o.hidden = hidden;
    o.n_hidden = 2;
    o.test = test;
    must(ctx, l2osr_task_mlp(&task, ctx, set, &o));
    return task;
}
