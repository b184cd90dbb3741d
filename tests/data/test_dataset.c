/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <stdlib.h>
#include <string.h>

#include "data/permute.h"

/* Three images of 1 x 2 pixels and their labels. */
static const unsigned char images[] = {0, 0, 8, 3, 0, 0,  0,  3,  0,  0,  0,
                                       1, 0, 0, 0, 2, 10, 11, 20, 21, 30, 31};
static const unsigned char labels[] = {0, 0, 8, 1, 0, 0, 0, 3, 1, 0, 4};

static l2osr_status load(l2osr_dataset **out, l2osr_context *ctx, const void *labels_file,
                         size_t size) {
    return l2osr_dataset_load(out, ctx, put_gzip("images.gz", images, sizeof images),
                              put_file("labels", labels_file, size));
}

START_TEST(loads) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set;
    ck_ok(load(&set, ctx, labels, sizeof labels), ctx);
    ck_assert_uint_eq(l2osr_dataset_size(set), 3);
    ck_assert_uint_eq(l2osr_dataset_rows(set), 1);
    ck_assert_uint_eq(l2osr_dataset_cols(set), 2);
    ck_assert_uint_eq(l2osr_dataset_classes(set), 5);
    ck_assert_uint_eq(l2osr_dataset_image(set, 2)[1], 31);
    ck_assert_uint_eq(l2osr_dataset_label(set, 0), 1);
    l2osr_dataset_free(set);
    l2osr_dataset_free(NULL);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(rejects_files_that_do_not_fit) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set;
    static const unsigned char two[] = {0, 0, 8, 1, 0, 0, 0, 2, 1, 0};
    ck_assert_int_eq(load(&set, ctx, two, sizeof two), L2OSR_EFORMAT);
    ck_assert_ptr_null(set);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "3 images"));
    ck_assert_int_eq(load(&set, ctx, images, sizeof images), L2OSR_EFORMAT);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "not labels"));
    const char *path = put_file("labels", labels, sizeof labels);
    ck_assert_int_eq(l2osr_dataset_load(&set, ctx, path, path), L2OSR_EFORMAT);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "not images"));
    ck_assert_int_eq(l2osr_dataset_load(&set, ctx, path, NULL), L2OSR_EINVAL);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(parts_are_disjoint_and_complete) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set, *part;
    bool seen[100] = {false};
    ck_ok(l2osr_dataset_digits(&set, ctx, 100, 1), ctx);
    for (size_t first = 0; first < 100; first += 25) {
        ck_ok(l2osr_dataset_part(&part, ctx, set, first, 25, 7), ctx);
        ck_assert_uint_eq(l2osr_dataset_classes(part), 10);
        for (size_t i = 0; i < 25; i++)
            for (size_t j = 0; j < 100; j++)
                if (memcmp(l2osr_dataset_image(part, i), l2osr_dataset_image(set, j), 784) == 0) {
                    ck_assert(!seen[j]);
                    ck_assert_uint_eq(l2osr_dataset_label(part, i), l2osr_dataset_label(set, j));
                    seen[j] = true;
                }
        l2osr_dataset_free(part);
    }
    for (size_t j = 0; j < 100; j++)
        ck_assert(seen[j]);
    ck_ok(l2osr_dataset_part(&part, ctx, set, 40, 10, 0), ctx);
    ck_assert_mem_eq(l2osr_dataset_image(part, 0), l2osr_dataset_image(set, 40), 784 * 10);
    l2osr_dataset_free(part);
    ck_assert_int_eq(l2osr_dataset_part(&part, ctx, set, 90, 11, 0), L2OSR_ERANGE);
    ck_assert_int_eq(l2osr_dataset_part(&part, ctx, set, SIZE_MAX, 2, 0), L2OSR_ERANGE);
    ck_assert_int_eq(l2osr_dataset_part(&part, ctx, set, 0, 0, 0), L2OSR_ERANGE);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(permutations_permute) {
    for (size_t size = 1; size < 300; size++) {
        l2osr__permutation p;
        bool seen[300] = {false};
        l2osr__permutation_init(&p, size, 3, size);
        for (size_t i = 0; i < size; i++) {
            size_t at = l2osr__permutation_at(&p, i);
            ck_assert(at < size && !seen[at]);
            seen[at] = true;
        }
    }
}
END_TEST

/* Chi-squared of where entries land; with 25 degrees of freedom practically always below 75. */
START_TEST(permutations_are_even) {
    enum { SIZE = 6, TRIALS = 12000 };
    double count[SIZE][SIZE] = {{0}}, chi2 = 0, expected = (double)TRIALS / SIZE;
    for (uint64_t pass = 0; pass < TRIALS; pass++) {
        l2osr__permutation p;
        l2osr__permutation_init(&p, SIZE, 1, pass);
        for (size_t i = 0; i < SIZE; i++)
            count[i][l2osr__permutation_at(&p, i)]++;
    }
    for (size_t i = 0; i < SIZE; i++)
        for (size_t j = 0; j < SIZE; j++)
            chi2 += (count[i][j] - expected) * (count[i][j] - expected) / expected;
    ck_assert_double_lt(chi2, 75);
}
END_TEST

TCase *dataset_tests(void) {
    TCase *tcase = tcase_create("dataset");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, loads);
    tcase_add_test(tcase, rejects_files_that_do_not_fit);
    tcase_add_test(tcase, parts_are_disjoint_and_complete);
    tcase_add_test(tcase, permutations_permute);
    tcase_add_test(tcase, permutations_are_even);
    return tcase;
}
