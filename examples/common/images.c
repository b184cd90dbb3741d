/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <unistd.h>

#include "common.h"

enum { SPLIT_SEED = 10, SYNTHETIC = 24000, SYNTHETIC_TEST = 4000, METRIC_IMAGES = 4000 };

/* folder/name, or that with .gz behind it where it is there; in static storage as path_in()'s. */
static const char *find_file(const char *folder, const char *name) {
    char zipped[64];
    snprintf(zipped, sizeof zipped, "%s.gz", name);
    const char *path = path_in(folder, zipped);
    return access(path, F_OK) == 0 ? path : path_in(folder, name);
}

static l2osr_dataset *load(l2osr_context *ctx, const char *folder, const char *images,
                           const char *labels) {
    l2osr_dataset *set;
    must(ctx, l2osr_dataset_load(&set, ctx, find_file(folder, images), find_file(folder, labels)));
    return set;
}

/* Enough of a set to measure accuracy on. */
static l2osr_dataset *some_of(l2osr_context *ctx, const l2osr_dataset *set) {
    const size_t size = l2osr_dataset_size(set);
    l2osr_dataset *some;
    must(ctx, l2osr_dataset_part(&some, ctx, set, 0, size < METRIC_IMAGES ? size : METRIC_IMAGES,
                                 SPLIT_SEED));
    return some;
}

static const char usual_folder[] = "/usr/share/datasets/fashion-mnist";

const char *usual_images(void) {
    return access(usual_folder, R_OK) == 0 ? "Fashion-MNIST" : "synthetic digits";
}

struct images load_images(l2osr_context *ctx, const char *folder) {
    struct images images = {.name = folder ? folder : usual_images()};
    l2osr_dataset *all;
    if (folder || access(usual_folder, R_OK) == 0) {
        const char *where = folder ? folder : usual_folder;
        all = load(ctx, where, "train-images-idx3-ubyte", "train-labels-idx1-ubyte");
        images.all_test = load(ctx, where, "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte");
    } else {
        must(ctx, l2osr_dataset_digits(&all, ctx, SYNTHETIC, 1));
        must(ctx, l2osr_dataset_digits(&images.all_test, ctx, SYNTHETIC_TEST, 2));
    }
    const size_t half = l2osr_dataset_size(all) / 2;
    must(ctx, l2osr_dataset_part(&images.train, ctx, all, 0, half, SPLIT_SEED));
    must(ctx, l2osr_dataset_part(&images.held_out, ctx, all, half, half, SPLIT_SEED));
    images.test = some_of(ctx, images.all_test);
    l2osr_dataset_free(all);
    return images;
}

/* Every second class, from the first that is told. */
static l2osr_dataset *half_of_classes(l2osr_context *ctx, const l2osr_dataset *set, size_t first) {
    uint8_t classes[UINT8_MAX + 1];
    size_t n = 0;
    l2osr_dataset *half;
    for (size_t class = first; class < l2osr_dataset_classes(set); class += 2)
        classes[n++] = (uint8_t) class;
    must(ctx, l2osr_dataset_select(&half, ctx, set, classes, n));
    return half;
}

/* Two sets of images to train on and to test with. */
struct cifar {
    const char *name;
    l2osr_dataset *train, *test;
};

static struct cifar load_cifar10(l2osr_context *ctx, const char *folder) {
    enum { BATCHES = 5 };
    const char *paths[BATCHES];
    struct cifar cifar = {.name = "CIFAR-10"};
    for (size_t i = 0; i < BATCHES; i++) {
        char name[32];
        snprintf(name, sizeof name, "data_batch_%zu.bin", i + 1);
        paths[i] = find_file(folder, name);
    }
    must(ctx, l2osr_dataset_cifar10(&cifar.train, ctx, paths, BATCHES));
    paths[0] = find_file(folder, "test_batch.bin");
    must(ctx, l2osr_dataset_cifar10(&cifar.test, ctx, paths, 1));
    return cifar;
}

static struct cifar load_cifar100(l2osr_context *ctx, const char *folder) {
    const char *train = find_file(folder, "train.bin"), *test = find_file(folder, "test.bin");
    struct cifar cifar = {.name = "CIFAR-100"};
    must(ctx, l2osr_dataset_cifar100(&cifar.train, ctx, &train, 1, L2OSR_CIFAR100_FINE));
    must(ctx, l2osr_dataset_cifar100(&cifar.test, ctx, &test, 1, L2OSR_CIFAR100_FINE));
    return cifar;
}

static bool holds(const char *folder, const char *name) {
    return access(find_file(folder, name), F_OK) == 0;
}

static struct cifar load_either(l2osr_context *ctx, const char *folder) {
    const bool ten = holds(folder, "data_batch_1.bin"), hundred = holds(folder, "train.bin");
    if (ten == hundred)
        fail("%s holds %s data_batch_1.bin of CIFAR-10 %s train.bin of CIFAR-100", folder,
             ten ? "both" : "neither", ten ? "and" : "nor");
    return ten ? load_cifar10(ctx, folder) : load_cifar100(ctx, folder);
}

struct images load_cifar(l2osr_context *ctx, const char *folder) {
    struct cifar cifar = load_either(ctx, folder);
    struct images images = {.name = cifar.name};
    images.train = half_of_classes(ctx, cifar.train, 0);
    images.held_out = half_of_classes(ctx, cifar.train, 1);
    images.all_test = half_of_classes(ctx, cifar.test, 1);
    images.test = some_of(ctx, images.all_test);
    l2osr_dataset_free(cifar.train);
    l2osr_dataset_free(cifar.test);
    return images;
}

void free_images(struct images *images) {
    l2osr_dataset_free(images->train);
    l2osr_dataset_free(images->held_out);
    l2osr_dataset_free(images->test);
    l2osr_dataset_free(images->all_test);
}
