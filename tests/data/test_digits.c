/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

START_TEST(digits_are_deterministic) {
    l2osr_context *ctx = test_context(), *single;
    l2osr_context_options options = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_dataset *a, *b, *c;
    options.threads = 1;
    ck_assert_int_eq(l2osr_context_create(&single, &options), L2OSR_OK);
    ck_ok(l2osr_dataset_digits(&a, ctx, 300, 5), ctx);
    ck_ok(l2osr_dataset_digits(&b, single, 200, 5), single);
    ck_ok(l2osr_dataset_digits(&c, ctx, 200, 6), ctx);
    ck_assert_mem_eq(l2osr_dataset_image(a, 0), l2osr_dataset_image(b, 0), 784 * 200);
    ck_assert_mem_ne(l2osr_dataset_image(a, 0), l2osr_dataset_image(c, 0), 784);
    ck_assert_mem_ne(l2osr_dataset_image(a, 0), l2osr_dataset_image(a, 10), 784);
    l2osr_dataset_free(a);
    l2osr_dataset_free(b);
    l2osr_dataset_free(c);
    ck_assert_int_eq(l2osr_dataset_digits(&a, ctx, 0, 5), L2OSR_EINVAL);
    ck_assert_int_ne(l2osr_dataset_digits(&a, ctx, SIZE_MAX / 2, 5), L2OSR_OK);
    l2osr_context_free(single);
    l2osr_context_free(ctx);
}
END_TEST

/* The same pixels on every machine and compiler: an Adler-32 of 1,000 images. */
START_TEST(digits_are_the_same_everywhere) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set;
    uint32_t low = 1, high = 0;
    ck_ok(l2osr_dataset_digits(&set, ctx, 1000, 1), ctx);
    const uint8_t *pixels = l2osr_dataset_image(set, 0);
    for (size_t i = 0; i < 784 * 1000; i++) {
        low = (low + pixels[i]) % 65521;
        high = (high + low) % 65521;
    }
    ck_assert_uint_eq(high << 16 | low, 0xadadd037u);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(digits_are_balanced_and_visible) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set;
    size_t count[10] = {0};
    ck_ok(l2osr_dataset_digits(&set, ctx, 1000, 2), ctx);
    ck_assert_uint_eq(l2osr_dataset_rows(set), 28);
    ck_assert_uint_eq(l2osr_dataset_cols(set), 28);
    ck_assert_uint_eq(l2osr_dataset_classes(set), 10);
    for (size_t i = 0; i < 1000; i++) {
        const uint8_t *image = l2osr_dataset_image(set, i);
        size_t inked = 0;
        for (size_t p = 0; p < 784; p++)
            inked += image[p] > 127;
        ck_assert_msg(inked >= 8 && inked <= 350, "image %zu has %zu bright pixels", i, inked);
        count[l2osr_dataset_label(set, i)]++;
    }
    for (size_t k = 0; k < 10; k++)
        ck_assert_uint_eq(count[k], 100);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

/* Trains with Adam in f32 and returns the accuracy on the test images. */
static double train(l2osr_context *ctx, const l2osr_dataset *images, const l2osr_dataset *test,
                    const size_t *hidden, size_t n_hidden, size_t steps) {
    l2osr_mlp_options options = L2OSR_MLP_OPTIONS_INIT;
    l2osr_task *task;
    double loss, accuracy;
    options.hidden = hidden;
    options.n_hidden = n_hidden;
    options.start = L2OSR_START_HE;
    options.test = test;
    ck_ok(l2osr_task_mlp(&task, ctx, images, &options), ctx);
    size_t n = l2osr_task_dim(task);
    float *x = calloc(4 * n, sizeof *x), *g = x + n, *m = g + n, *v = m + n;
    double *final = calloc(n, sizeof *final);
    ck_ok(l2osr_task_init_f32(task, 1, x), ctx);
    for (size_t t = 1; t <= steps; t++) {
        l2osr_draw draw = {1, t - 1};
        ck_ok(l2osr_task_loss_grad_f32(task, &draw, x, &loss, g), ctx);
        double lr = t > steps * 3 / 4 ? 6e-4 : 3e-3;
        double scale = lr * sqrt(1 - pow(0.999, (double)t)) / (1 - pow(0.9, (double)t));
        for (size_t i = 0; i < n; i++) {
            m[i] = 0.9f * m[i] + 0.1f * g[i];
            v[i] = 0.999f * v[i] + 0.001f * g[i] * g[i];
            x[i] -= (float)scale * m[i] / (sqrtf(v[i]) + 1e-8f);
        }
    }
    for (size_t i = 0; i < n; i++)
        final[i] = (double)x[i];
    ck_ok(l2osr_task_metric(task, final, &accuracy), ctx);
    l2osr_task_free(task);
    free(final);
    free(x);
    return accuracy;
}

/* What makes the data set worth having: a linear model is not enough, a small network nearly is. */
START_TEST(digits_need_a_nonlinear_model) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set, *images, *test;
    static const size_t hidden[] = {64, 32};
    ck_ok(l2osr_dataset_digits(&set, ctx, 16000, 1), ctx);
    ck_ok(l2osr_dataset_part(&images, ctx, set, 0, 14000, 1), ctx);
    ck_ok(l2osr_dataset_part(&test, ctx, set, 14000, 2000, 1), ctx);
    double linear = train(ctx, images, test, NULL, 0, 2500);
    double network = train(ctx, images, test, hidden, 2, 2500);
    ck_assert_double_gt(linear, 0.7);
    ck_assert_double_gt(network, 0.9);
    ck_assert_msg(network >= linear + 0.05, "linear %.4f, network %.4f", linear, network);
    l2osr_dataset_free(set);
    l2osr_dataset_free(images);
    l2osr_dataset_free(test);
    l2osr_context_free(ctx);
}
END_TEST

TCase *digits_tests(void) {
    TCase *tcase = tcase_create("digits");
    tcase_set_timeout(tcase, 120);
    tcase_add_test(tcase, digits_are_deterministic);
    tcase_add_test(tcase, digits_are_the_same_everywhere);
    tcase_add_test(tcase, digits_are_balanced_and_visible);
    tcase_add_test(tcase, digits_need_a_nonlinear_model);
    return tcase;
}
