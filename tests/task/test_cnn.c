/* SPDX-License-Identifier: MIT */
#include "networks.h"

#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "naive.h"

static const l2osr_draw draw = {3, 5};
static const size_t two[] = {2, 3};

/* A network that fits images of 10 x 10 and more, to be changed by the test. */
static l2osr_cnn_options small(void) {
    l2osr_cnn_options options = L2OSR_CNN_OPTIONS_INIT;
    options.channels = two;
    options.n_channels = 2;
    options.batch = 6;
    options.start = L2OSR_START_LECUN;
    return options;
}

/* The networks are small so that differences do not step over a kink of ReLU or maximum; results
 * have the same bits everywhere, so that what holds here holds on other machines. */
START_TEST(derivatives_are_right) {
    static const size_t batches[] = {6, 33}, kernels[] = {1, 2, 3};
    l2osr_context *ctx = test_context();
    l2osr_dataset *set = noise_images(ctx, 40, 2, 10, 11, 3);
    for (size_t i = 0; i < 6; i++) {
        l2osr_cnn_options options = small();
        l2osr_task *task;
        options.batch = batches[i % 2];
        options.kernel = kernels[i / 2];
        ck_ok(l2osr_task_cnn(&task, ctx, set, &options), ctx);
        double *x = general_point(ctx, task);
        check_gradient(ctx, task, x);
        check_f32(ctx, task, x, 1e-5);
        free(x);
        l2osr_task_free(task);
    }
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

static double evaluate(const l2osr_dataset *set, size_t n, const size_t *items, const double *x,
                       size_t *right) {
    naive_map map = naive_images(set, n, items);
    for (size_t l = 0; l < 2; l++)
        map = naive_pool(naive_relu(naive_conv(map, two[l], 3, 1, 0, true, &x)));
    return naive_loss(map, set, items, 4, x, right);
}

START_TEST(loss_and_accuracy_are_those_of_the_definition) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set = noise_images(ctx, DEFINITION_IMAGES, 3, 13, 10, 4);
    l2osr_cnn_options options = small();
    l2osr_task *task;
    options.batch = DEFINITION_BATCH;
    options.test = set;
    ck_ok(l2osr_task_cnn(&task, ctx, set, &options), ctx);
    check_definition(ctx, task, set, evaluate, 1e-13);
    l2osr_task_free(task);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(the_published_network_is_the_default) {
    static const char *const names[] = {"w1", "b1", "w2", "b2", "w3", "b3"};
    l2osr_context *ctx = test_context();
    l2osr_dataset *colour = noise_images(ctx, 5, 3, 32, 32, 5), *grey;
    l2osr_task *task;
    ck_ok(l2osr_task_cnn(&task, ctx, colour, NULL), ctx);
    ck_assert_uint_eq(l2osr_task_dim(task), 2993);
    check_slope(ctx, task);
    ck_assert_uint_eq(l2osr_task_group_count(task), 6);
    for (size_t i = 0; i < 6; i++)
        ck_assert_str_eq(l2osr_task_group(task, i)->name, names[i]);
    const l2osr_group *w2 = l2osr_task_group(task, 2), *w3 = l2osr_task_group(task, 4);
    static const size_t shape[] = {12, 6, 3, 3};
    ck_assert_uint_eq(w2->rank, 4);
    ck_assert_mem_eq(w2->shape, shape, sizeof shape);
    ck_assert_uint_eq(w3->rank, 2);
    ck_assert_uint_eq(w3->shape[1], 432);
    ck_assert_ptr_null(l2osr_task_metric_name(task));
    double *x = starting_point(ctx, task);
    ck_assert_double_eq_tol(deviation(x, 2993), 0.01, 0.0005);
    free(x);
    l2osr_task_free(task);
    ck_ok(l2osr_dataset_digits(&grey, ctx, 10, 1), ctx);
    ck_ok(l2osr_task_cnn(&task, ctx, grey, NULL), ctx);
    ck_assert_uint_eq(l2osr_task_dim(task), 60 + 660 + 12 * 25 * 10 + 10);
    check_slope(ctx, task);
    l2osr_task_free(task);
    l2osr_dataset_free(grey);
    l2osr_dataset_free(colour);
    l2osr_context_free(ctx);
}
END_TEST

/* With weights zero every pixel of a channel has the same value; a bias above 0 gets through. */
START_TEST(the_first_of_equal_maxima_receives_the_derivative) {
    static const size_t one[] = {1};
    l2osr_context *ctx = test_context();
    l2osr_dataset *set = noise_images(ctx, 1, 1, 3, 3, 2);
    l2osr_cnn_options options = small();
    l2osr_task *task;
    double x[9] = {0}, grad[9], loss;
    options.channels = one;
    options.n_channels = 1;
    options.kernel = 2;
    options.pixels = L2OSR_PIXELS_HALF;
    ck_ok(l2osr_task_cnn(&task, ctx, set, &options), ctx);
    ck_assert_uint_eq(l2osr_task_dim(task), 9);
    x[4] = 0.5; /* bias */
    x[5] = 2;   /* weight of class 0, which is the label */
    ck_ok(l2osr_task_loss_grad(task, &draw, x, &loss, grad), ctx);
    double back = 2 * (1 / (1 + exp(-1)) - 1);
    const uint8_t *pixels = l2osr_dataset_image(set, 0);
    for (size_t k = 0; k < 4; k++)
        ck_assert_double_eq_tol(grad[k], back * (pixels[k / 2 * 3 + k % 2] / 255.0 - 0.5), 1e-14);
    ck_assert_double_eq_tol(grad[4], back, 1e-14);
    x[4] = -0.5;
    ck_ok(l2osr_task_loss_grad(task, &draw, x, &loss, grad), ctx);
    ck_assert_double_eq_tol(loss, log(2), 1e-14);
    for (size_t k = 0; k < 7; k++)
        ck_assert(grad[k] == 0);
    l2osr_task_free(task);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(learns_digits) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *train, *test;
    l2osr_cnn_options options = L2OSR_CNN_OPTIONS_INIT;
    l2osr_task *task;
    ck_ok(l2osr_dataset_digits(&train, ctx, 512, 1), ctx);
    ck_ok(l2osr_dataset_digits(&test, ctx, 150, 2), ctx);
    options.start = L2OSR_START_HE;
    options.batch = 64;
    options.test = test;
    ck_ok(l2osr_task_cnn(&task, ctx, train, &options), ctx);
    check_learning(ctx, task, 60, 0.8, 0.7);
    l2osr_task_free(task);
    l2osr_dataset_free(train);
    l2osr_dataset_free(test);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status make(l2osr_task **out, l2osr_context *ctx, const l2osr_dataset *set) {
    l2osr_cnn_options options = small();
    options.batch = 40;
    return l2osr_task_cnn(out, ctx, set, &options);
}

START_TEST(bits_are_the_same_on_all_processors_and_threads) {
    check_bits_and_memory(make, 10, 11);
}
END_TEST

static void expect_refusal(l2osr_context *ctx, const l2osr_dataset *set,
                           const l2osr_cnn_options *options, l2osr_status wanted,
                           const char *message) {
    l2osr_task *task;
    ck_assert_int_eq(l2osr_task_cnn(&task, ctx, set, options), wanted);
    check_refusal(ctx, task, "cnn", message);
}

START_TEST(rejects_bad_arguments) {
    static const size_t none[] = {2, 0}, huge[] = {2, SIZE_MAX}, large[] = {INT32_MAX, 2};
    l2osr_context *ctx = test_context();
    l2osr_dataset *set = noise_images(ctx, 4, 2, 10, 11, 3),
                  *other = noise_images(ctx, 4, 1, 10, 11, 3);
    expect_refusal(ctx, NULL, NULL, L2OSR_EINVAL, "training set");
#define REFUSE(member, value, status, message)                                                     \
    do {                                                                                           \
        l2osr_cnn_options options = small();                                                       \
        options.member = value;                                                                    \
        expect_refusal(ctx, set, &options, status, message);                                       \
    } while (0)
    REFUSE(channels, NULL, L2OSR_EINVAL, "channels");
    REFUSE(channels, none, L2OSR_EINVAL, "channels[1]");
    REFUSE(channels, huge, L2OSR_ERANGE, "channels[1]");
    REFUSE(channels, large, L2OSR_ERANGE, "layer 1 is");
    REFUSE(n_channels, 1000, L2OSR_ERANGE, "1000");
    REFUSE(kernel, 4, L2OSR_ERANGE, "layer 4 (convolution of 4 x 4) gets 3 x 4 pixels");
    REFUSE(kernel, 10, L2OSR_ERANGE, "layer 2 (maxima of 2 x 2) gets 1 x 2 pixels");
    REFUSE(kernel, SIZE_MAX, L2OSR_ERANGE, "layer 1 (convolution");
    REFUSE(start, (l2osr_start)3, L2OSR_EINVAL, "starting");
    REFUSE(pixels, (l2osr_pixels)2, L2OSR_EINVAL, "pixels");
    REFUSE(test, other, L2OSR_EINVAL, "2 x 10 x 11");
    REFUSE(struct_size, 0, L2OSR_EINVAL, "l2osr_cnn_options");
#undef REFUSE
    l2osr_dataset_free(other);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

TCase *cnn_tests(void) {
    TCase *tcase = tcase_create("cnn");
    tcase_set_timeout(tcase, 60);
    tcase_add_test(tcase, derivatives_are_right);
    tcase_add_test(tcase, loss_and_accuracy_are_those_of_the_definition);
    tcase_add_test(tcase, the_published_network_is_the_default);
    tcase_add_test(tcase, the_first_of_equal_maxima_receives_the_derivative);
    tcase_add_test(tcase, learns_digits);
    tcase_add_test(tcase, bits_are_the_same_on_all_processors_and_threads);
    tcase_add_test(tcase, rejects_bad_arguments);
    return tcase;
}
