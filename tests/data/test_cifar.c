/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <string.h>

enum { PLANE = 1024, RECORD = 1 + 3 * PLANE, RECORDS = 3 };

/* Records whose pixels tell where they are from: record, plane and place in the plane. */
static unsigned char pixel_of(size_t record, size_t plane, size_t place) {
    return (unsigned char)(7 * record + 50 * plane + 3 * place);
}

static void make_batch(unsigned char *bytes, const unsigned char *labels, size_t records) {
    for (size_t i = 0; i < records; i++) {
        *bytes++ = labels[i];
        for (size_t c = 0; c < 3; c++)
            for (size_t p = 0; p < PLANE; p++)
                *bytes++ = pixel_of(i, c, p);
    }
}

/* The set of three images with the labels 4, 9 and 0. */
static const unsigned char usual_labels[RECORDS] = {4, 9, 0};

static l2osr_status load_cifar(l2osr_dataset **out, l2osr_context *ctx, const void *bytes,
                               size_t size) {
    return l2osr_dataset_cifar10(out, ctx, (const char *[]){put_file("batch.bin", bytes, size)}, 1);
}

static l2osr_dataset *usual_set(l2osr_context *ctx) {
    unsigned char bytes[RECORDS * RECORD];
    l2osr_dataset *set;
    make_batch(bytes, usual_labels, RECORDS);
    ck_ok(load_cifar(&set, ctx, bytes, sizeof bytes), ctx);
    return set;
}

static void expect_refused(l2osr_context *ctx, const void *bytes, size_t size, const char *part) {
    l2osr_dataset *set;
    ck_assert_int_eq(load_cifar(&set, ctx, bytes, size), L2OSR_EFORMAT);
    ck_assert_ptr_null(set);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "batch.bin: record"));
    ck_assert_msg(strstr(l2osr_context_errmsg(ctx), part) != NULL, "no '%s' in: %s", part,
                  l2osr_context_errmsg(ctx));
}

START_TEST(planes_follow_one_another) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set = usual_set(ctx);
    ck_assert_uint_eq(l2osr_dataset_size(set), RECORDS);
    ck_assert_uint_eq(l2osr_dataset_channels(set), 3);
    ck_assert_uint_eq(l2osr_dataset_rows(set), 32);
    ck_assert_uint_eq(l2osr_dataset_cols(set), 32);
    ck_assert_uint_eq(l2osr_dataset_classes(set), 10);
    for (size_t i = 0; i < RECORDS; i++) {
        const uint8_t *image = l2osr_dataset_image(set, i);
        ck_assert_uint_eq(l2osr_dataset_label(set, i), usual_labels[i]);
        for (size_t c = 0; c < 3; c++)
            for (size_t p = 0; p < PLANE; p++)
                ck_assert_uint_eq(image[c * PLANE + p], pixel_of(i, c, p));
    }
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(batches_are_joined_in_their_order) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set;
    unsigned char bytes[2 * RECORD];
    make_batch(bytes, (const unsigned char[]){1, 2}, 2);
    const char *plain = put_file("one.bin", bytes, sizeof bytes);
    make_batch(bytes, (const unsigned char[]){3}, 1);
    const char *zipped = put_gzip("two.bin.gz", bytes, RECORD);
    ck_ok(l2osr_dataset_cifar10(&set, ctx, (const char *[]){zipped, plain, zipped}, 3), ctx);
    ck_assert_uint_eq(l2osr_dataset_size(set), 4);
    const unsigned char labels[] = {3, 1, 2, 3};
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_eq(l2osr_dataset_label(set, i), labels[i]);
    ck_assert_uint_eq(l2osr_dataset_image(set, 2)[PLANE], pixel_of(1, 1, 0));
    ck_assert_uint_eq(l2osr_dataset_image(set, 3)[PLANE], pixel_of(0, 1, 0));
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(truncated_batches_are_errors) {
    l2osr_context *ctx = test_context();
    unsigned char bytes[RECORDS * RECORD];
    l2osr_dataset *set;
    make_batch(bytes, usual_labels, RECORDS);
    for (size_t size = 0; size < sizeof bytes; size += size % RECORD < 3 ? 1 : 509)
        if (size == 0 || size % RECORD != 0) {
            char place[32];
            snprintf(place, sizeof place, "record %zu has %zu of", size / RECORD, size % RECORD);
            expect_refused(ctx, bytes, size, place);
        }
    expect_refused(ctx, bytes, sizeof bytes - 1, "record 2 has 3072 of 3073 bytes");
    FILE *stream = fopen(put_gzip("cut.gz", bytes, sizeof bytes), "rb");
    const size_t zipped = fread(bytes, 1, sizeof bytes, stream);
    fclose(stream);
    const char *path = put_file("cut.gz", bytes, zipped - 9);
    ck_assert_int_eq(l2osr_dataset_cifar10(&set, ctx, &path, 1), L2OSR_EFORMAT);
    ck_assert_ptr_null(set);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "cut.gz: gzip data"));
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(flipped_bits_are_found_in_labels_only) {
    l2osr_context *ctx = test_context();
    unsigned char bytes[RECORDS * RECORD];
    for (size_t record = 0; record < RECORDS; record++)
        for (unsigned bit = 0; bit < 8; bit++) {
            l2osr_dataset *set;
            make_batch(bytes, usual_labels, RECORDS);
            bytes[record * RECORD] = (unsigned char)(bytes[record * RECORD] ^ 1u << bit);
            bytes[record * RECORD + 1] = (unsigned char)(bytes[record * RECORD + 1] ^ 1u << bit);
            if (bytes[record * RECORD] > 9) {
                char place[48];
                snprintf(place, sizeof place, "record %zu has the label %u;", record,
                         bytes[record * RECORD]);
                expect_refused(ctx, bytes, sizeof bytes, place);
                continue;
            }
            ck_ok(load_cifar(&set, ctx, bytes, sizeof bytes), ctx);
            ck_assert_uint_eq(l2osr_dataset_label(set, record), bytes[record * RECORD]);
            l2osr_dataset_free(set);
        }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(wrong_paths_are_errors) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set;
    unsigned char bytes[RECORD] = {5};
    const char *good = put_file("good.bin", bytes, sizeof bytes);
    ck_assert_int_eq(l2osr_dataset_cifar10(&set, ctx, &good, 0), L2OSR_EINVAL);
    ck_assert_ptr_null(set);
    ck_assert_int_eq(l2osr_dataset_cifar10(&set, ctx, NULL, 1), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_dataset_cifar10(&set, ctx, (const char *[]){good, NULL}, 2),
                     L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_dataset_cifar10(&set, ctx, (const char *[]){good, "/nowhere.bin"}, 2),
                     L2OSR_ENOTFOUND);
    ck_assert_ptr_null(set);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "/nowhere.bin"));
    ck_assert_int_eq(l2osr_dataset_cifar10(NULL, ctx, &good, 1), L2OSR_EINVAL);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(selected_classes_are_labelled_anew) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set = usual_set(ctx), *some;
    ck_ok(l2osr_dataset_select(&some, ctx, set, (const uint8_t[]){0, 2, 4}, 3), ctx);
    ck_assert_uint_eq(l2osr_dataset_size(some), 2);
    ck_assert_uint_eq(l2osr_dataset_classes(some), 3);
    ck_assert_uint_eq(l2osr_dataset_channels(some), 3);
    ck_assert_uint_eq(l2osr_dataset_label(some, 0), 2);
    ck_assert_uint_eq(l2osr_dataset_label(some, 1), 0);
    ck_assert_mem_eq(l2osr_dataset_image(some, 0), l2osr_dataset_image(set, 0), 3 * PLANE);
    ck_assert_mem_eq(l2osr_dataset_image(some, 1), l2osr_dataset_image(set, 2), 3 * PLANE);
    l2osr_dataset_free(some);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

/* Every image of the set is in one half or the other, and nothing else is. */
START_TEST(halves_by_class_are_disjoint_and_complete) {
    static const uint8_t halves[2][5] = {{0, 2, 4, 6, 8}, {1, 3, 5, 7, 9}};
    l2osr_context *ctx = test_context();
    l2osr_dataset *set, *half;
    size_t taken = 0;
    ck_ok(l2osr_dataset_digits(&set, ctx, 100, 3), ctx);
    for (size_t h = 0; h < 2; h++) {
        size_t from = 0;
        ck_ok(l2osr_dataset_select(&half, ctx, set, halves[h], 5), ctx);
        ck_assert_uint_eq(l2osr_dataset_classes(half), 5);
        for (size_t i = 0; i < l2osr_dataset_size(half); i++, from++) {
            while (l2osr_dataset_label(set, from) % 2 != h)
                from++;
            ck_assert_uint_eq(l2osr_dataset_label(half, i), l2osr_dataset_label(set, from) / 2);
            ck_assert_mem_eq(l2osr_dataset_image(half, i), l2osr_dataset_image(set, from), 784);
        }
        taken += l2osr_dataset_size(half);
        l2osr_dataset_free(half);
    }
    ck_assert_uint_eq(taken, 100);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(impossible_selections_are_errors) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set = usual_set(ctx), *some;
    ck_assert_int_eq(l2osr_dataset_select(&some, ctx, set, (const uint8_t[]){0, 10}, 2),
                     L2OSR_ERANGE);
    ck_assert_ptr_null(some);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "no class 10"));
    ck_assert_int_eq(l2osr_dataset_select(&some, ctx, set, (const uint8_t[]){4, 0, 4}, 3),
                     L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "class 4 is selected twice"));
    ck_assert_int_eq(l2osr_dataset_select(&some, ctx, set, (const uint8_t[]){1, 2}, 2),
                     L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "no image"));
    ck_assert_int_eq(l2osr_dataset_select(&some, ctx, set, (const uint8_t[]){1}, 0), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_dataset_select(&some, ctx, set, NULL, 1), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_dataset_select(&some, ctx, NULL, (const uint8_t[]){1}, 1), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_dataset_select(NULL, ctx, set, (const uint8_t[]){1}, 1), L2OSR_EINVAL);
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

TCase *cifar_tests(void) {
    TCase *tcase = tcase_create("cifar");
    tcase_set_timeout(tcase, 30);
    tcase_add_test(tcase, planes_follow_one_another);
    tcase_add_test(tcase, batches_are_joined_in_their_order);
    tcase_add_test(tcase, truncated_batches_are_errors);
    tcase_add_test(tcase, flipped_bits_are_found_in_labels_only);
    tcase_add_test(tcase, wrong_paths_are_errors);
    tcase_add_test(tcase, selected_classes_are_labelled_anew);
    tcase_add_test(tcase, halves_by_class_are_disjoint_and_complete);
    tcase_add_test(tcase, impossible_selections_are_errors);
    return tcase;
}
