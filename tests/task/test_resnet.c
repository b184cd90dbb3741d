/* SPDX-License-Identifier: MIT */
#include "networks.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>

#include "naive.h"

/* The smallest network: a block a stage. */
static l2osr_resnet_options small(void) {
    l2osr_resnet_options options = L2OSR_RESNET_OPTIONS_INIT;
    options.depth = 8;
    options.width = 2;
    options.batch = 5;
    return options;
}

START_TEST(derivatives_are_right) {
    static const size_t batches[] = {5, 33};
    l2osr_context *ctx = test_context();
    l2osr_dataset *set = noise_images(ctx, 40, 2, 6, 5, 3),
                  *thin = noise_images(ctx, 40, 1, 9, 2, 3);
    for (size_t i = 0; i < 4; i++) {
        l2osr_resnet_options options = small();
        l2osr_task *task;
        options.batch = batches[i % 2];
        options.depth = i < 2 ? 8 : 14;
        ck_ok(l2osr_task_resnet(&task, ctx, i % 2 ? set : thin, &options), ctx);
        double *x = general_point(ctx, task);
        check_gradient(ctx, task, x);
        check_f32(ctx, task, x, 1e-4);
        free(x);
        l2osr_task_free(task);
    }
    l2osr_dataset_free(thin);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

static naive_map naive_block(naive_map in, size_t channels, size_t stride, const double **x) {
    naive_map map = naive_conv(naive_copy(in), channels, 3, stride, 1, false, x);
    map = naive_relu(naive_norm(map, x));
    map = naive_norm(naive_conv(map, channels, 3, 1, 1, false, x), x);
    map = naive_relu(naive_add(map, in, stride));
    naive_free(in);
    return map;
}

static double evaluate(const l2osr_dataset *set, size_t n, const size_t *items, const double *x,
                       size_t *right) {
    naive_map map = naive_conv(naive_images(set, n, items), 2, 3, 1, 1, false, &x);
    map = naive_relu(naive_norm(map, &x));
    for (size_t b = 0; b < 6; b++)
        map = naive_block(map, (size_t)2 << b / 2, b == 2 || b == 4 ? 2 : 1, &x);
    return naive_loss(naive_average(map), set, items, 4, x, right);
}

START_TEST(loss_and_accuracy_are_those_of_the_definition) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set = noise_images(ctx, DEFINITION_IMAGES, 3, 9, 8, 4);
    l2osr_resnet_options options = small();
    l2osr_task *task;
    options.depth = 14;
    options.batch = DEFINITION_BATCH;
    options.test = set;
    ck_ok(l2osr_task_resnet(&task, ctx, set, &options), ctx);
    check_definition(ctx, task, set, evaluate, 1e-12);
    l2osr_task_free(task);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(the_published_network_is_the_default) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *colour = noise_images(ctx, 20, 3, 32, 32, 10), *grey;
    l2osr_task *task;
    ck_ok(l2osr_task_resnet(&task, ctx, colour, NULL), ctx);
    ck_assert_uint_eq(l2osr_task_dim(task), 269722);
    check_slope(ctx, task);
    ck_assert_uint_eq(l2osr_task_group_count(task), 3 * 19 + 2);
    ck_assert_str_eq(l2osr_task_group(task, 0)->name, "w1");
    ck_assert_str_eq(l2osr_task_group(task, 1)->name, "g1");
    ck_assert_str_eq(l2osr_task_group(task, 2)->name, "b1");
    ck_assert_str_eq(l2osr_task_group(task, 57)->name, "w20");
    ck_assert_uint_eq(l2osr_task_group(task, 57)->shape[1], 64);
    l2osr_task_free(task);
    ck_ok(l2osr_dataset_digits(&grey, ctx, 10, 1), ctx);
    ck_ok(l2osr_task_resnet(&task, ctx, grey, NULL), ctx);
    ck_assert_uint_eq(l2osr_task_dim(task), 269722 - 2 * 9 * 16);
    check_slope(ctx, task);
    l2osr_task_free(task);
    l2osr_dataset_free(grey);
    l2osr_dataset_free(colour);
    l2osr_context_free(ctx);
}
END_TEST

/* Never N(0, 0.01^2), which would switch the normalisation off. */
START_TEST(starts_as_batch_normalisation_needs_it) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set = noise_images(ctx, 20, 3, 6, 6, 10);
    l2osr_task *task;
    ck_ok(l2osr_task_resnet(&task, ctx, set, NULL), ctx);
    double *x = starting_point(ctx, task);
    ck_assert_double_eq_tol(deviation(x, 432), sqrt(2.0 / 27), 0.02);
    for (size_t c = 0; c < 16; c++)
        ck_assert(x[432 + c] == 1 && x[448 + c] == 0);
    ck_assert_double_eq_tol(deviation(x + 464, 2304), sqrt(2.0 / 144), 0.005);
    ck_assert_double_eq_tol(deviation(x + 269722 - 650, 640), sqrt(1.0 / 64), 0.01);
    for (size_t j = 1; j <= 10; j++)
        ck_assert(x[269722 - j] == 0);
    free(x);
    l2osr_task_free(task);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(learns_digits) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *train, *test;
    l2osr_resnet_options options = small();
    l2osr_task *task;
    ck_ok(l2osr_dataset_digits(&train, ctx, 256, 1), ctx);
    ck_ok(l2osr_dataset_digits(&test, ctx, 100, 2), ctx);
    options.width = 8;
    options.batch = 32;
    options.test = test;
    ck_ok(l2osr_task_resnet(&task, ctx, train, &options), ctx);
    check_learning(ctx, task, 60, 0.8, 0.6);
    l2osr_task_free(task);
    l2osr_dataset_free(train);
    l2osr_dataset_free(test);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status make(l2osr_task **out, l2osr_context *ctx, const l2osr_dataset *set) {
    l2osr_resnet_options options = small();
    options.batch = 40;
    return l2osr_task_resnet(out, ctx, set, &options);
}

START_TEST(bits_are_the_same_on_all_processors_and_threads) {
    check_bits_and_memory(make, 7, 8);
}
END_TEST

static void expect_refusal(l2osr_context *ctx, const l2osr_dataset *set,
                           const l2osr_resnet_options *options, l2osr_status wanted,
                           const char *message) {
    l2osr_task *task;
    ck_assert_int_eq(l2osr_task_resnet(&task, ctx, set, options), wanted);
    check_refusal(ctx, task, "resnet", message);
}

START_TEST(rejects_bad_arguments) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set = noise_images(ctx, 4, 2, 10, 11, 3),
                  *other = noise_images(ctx, 4, 1, 10, 11, 3);
    expect_refusal(ctx, NULL, NULL, L2OSR_EINVAL, "training set");
#define REFUSE(member, value, status, message)                                                     \
    do {                                                                                           \
        l2osr_resnet_options options = small();                                                    \
        options.member = value;                                                                    \
        expect_refusal(ctx, set, &options, status, message);                                       \
    } while (0)
    REFUSE(depth, 2, L2OSR_EINVAL, "depth 2");
    REFUSE(depth, 18, L2OSR_EINVAL, "depth 18");
    REFUSE(depth, 1208, L2OSR_EINVAL, "depth 1208");
    REFUSE(width, SIZE_MAX, L2OSR_ERANGE, "width");
    REFUSE(width, INT32_MAX, L2OSR_ERANGE, "layer");
    REFUSE(pixels, (l2osr_pixels)2, L2OSR_EINVAL, "pixels");
    REFUSE(test, other, L2OSR_EINVAL, "2 x 10 x 11");
    REFUSE(struct_size, 0, L2OSR_EINVAL, "l2osr_resnet_options");
#undef REFUSE
    l2osr_dataset_free(other);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

TCase *resnet_tests(void) {
    TCase *tcase = tcase_create("resnet");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, derivatives_are_right);
    tcase_add_test(tcase, loss_and_accuracy_are_those_of_the_definition);
    tcase_add_test(tcase, the_published_network_is_the_default);
    tcase_add_test(tcase, starts_as_batch_normalisation_needs_it);
    tcase_add_test(tcase, learns_digits);
    tcase_add_test(tcase, bits_are_the_same_on_all_processors_and_threads);
    tcase_add_test(tcase, rejects_bad_arguments);
    return tcase;
}
