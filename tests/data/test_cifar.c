/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <string.h>

enum { PLANE = 1024, RECORDS = 3, LONGEST_RECORD = 2 + 3 * PLANE };

/* ---- the sets ---- */

static l2osr_status load_fine(l2osr_dataset **out, l2osr_context *ctx, const char *const *paths,
                              size_t n) {
    return l2osr_dataset_cifar100(out, ctx, paths, n, L2OSR_CIFAR100_FINE);
}

static l2osr_status load_coarse(l2osr_dataset **out, l2osr_context *ctx, const char *const *paths,
                                size_t n) {
    return l2osr_dataset_cifar100(out, ctx, paths, n, L2OSR_CIFAR100_COARSE);
}

static const struct format {
    l2osr_status (*load)(l2osr_dataset **out, l2osr_context *ctx, const char *const *paths,
                         size_t n);
    const char *name;
    size_t labels, taken; /* of a record, and which of them are those of the set */
    struct {
        const char *name;
        unsigned classes;
    } label[2];
} formats[] = {
    {l2osr_dataset_cifar10, "CIFAR-10", 1, 0, {{"label", 10}}},
    {load_fine, "CIFAR-100", 2, 1, {{"coarse label", 20}, {"fine label", 100}}},
    {load_coarse, "CIFAR-100", 2, 0, {{"coarse label", 20}, {"fine label", 100}}},
};
enum { FORMATS = sizeof formats / sizeof formats[0] };

static size_t record_size(const struct format *f) {
    return f->labels + 3 * PLANE;
}

/* Records whose pixels tell where they are from: record, plane and place in the plane. */
static unsigned char pixel_of(size_t record, size_t plane, size_t place) {
    return (unsigned char)(7 * record + 50 * plane + 3 * place);
}

/* Label k of a record: `digit` counts the last ten classes. */
static unsigned char label_of(const struct format *f, size_t k, unsigned char digit) {
    return (unsigned char)(f->label[k].classes - 10 + digit);
}

static void make_batch(unsigned char *bytes, const struct format *f, const unsigned char *digits,
                       size_t records) {
    for (size_t i = 0; i < records; i++) {
        for (size_t k = 0; k < f->labels; k++)
            *bytes++ = label_of(f, k, digits[i]);
        for (size_t c = 0; c < 3; c++)
            for (size_t p = 0; p < PLANE; p++)
                *bytes++ = pixel_of(i, c, p);
    }
}

/* The set of three images. */
static const unsigned char usual_digits[RECORDS] = {4, 9, 0};

static l2osr_status load_bytes_as(l2osr_dataset **out, l2osr_context *ctx, const struct format *f,
                                  const void *bytes, size_t size) {
    return f->load(out, ctx, (const char *[]){put_file("batch.bin", bytes, size)}, 1);
}

static l2osr_dataset *usual_set(l2osr_context *ctx, const struct format *f) {
    unsigned char bytes[RECORDS * LONGEST_RECORD];
    l2osr_dataset *set;
    make_batch(bytes, f, usual_digits, RECORDS);
    ck_ok(load_bytes_as(&set, ctx, f, bytes, RECORDS * record_size(f)), ctx);
    return set;
}

static void expect_refused(l2osr_context *ctx, const struct format *f, const void *bytes,
                           size_t size, const char *part) {
    l2osr_dataset *set;
    ck_assert_int_eq(load_bytes_as(&set, ctx, f, bytes, size), L2OSR_EFORMAT);
    ck_assert_ptr_null(set);
    const char *const parts[] = {"batch.bin: record", part, f->name};
    for (size_t i = 0; i < 3; i++)
        ck_assert_msg(strstr(l2osr_context_errmsg(ctx), parts[i]) != NULL, "no '%s' in: %s",
                      parts[i], l2osr_context_errmsg(ctx));
}

/* ---- tests, of each format ---- */

START_TEST(planes_follow_one_another) {
    const struct format *f = &formats[_i];
    l2osr_context *ctx = test_context();
    l2osr_dataset *set = usual_set(ctx, f);
    ck_assert_uint_eq(l2osr_dataset_size(set), RECORDS);
    ck_assert_uint_eq(l2osr_dataset_channels(set), 3);
    ck_assert_uint_eq(l2osr_dataset_rows(set), 32);
    ck_assert_uint_eq(l2osr_dataset_cols(set), 32);
    ck_assert_uint_eq(l2osr_dataset_classes(set), f->label[f->taken].classes);
    for (size_t i = 0; i < RECORDS; i++) {
        const uint8_t *image = l2osr_dataset_image(set, i);
        ck_assert_uint_eq(l2osr_dataset_label(set, i), label_of(f, f->taken, usual_digits[i]));
        for (size_t c = 0; c < 3; c++)
            for (size_t p = 0; p < PLANE; p++)
                ck_assert_uint_eq(image[c * PLANE + p], pixel_of(i, c, p));
    }
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(batches_are_joined_in_their_order) {
    const struct format *f = &formats[_i];
    l2osr_context *ctx = test_context();
    l2osr_dataset *set;
    unsigned char bytes[2 * LONGEST_RECORD];
    make_batch(bytes, f, (const unsigned char[]){1, 2}, 2);
    const char *plain = put_file("one.bin", bytes, 2 * record_size(f));
    make_batch(bytes, f, (const unsigned char[]){3}, 1);
    const char *zipped = put_gzip("two.bin.gz", bytes, record_size(f));
    ck_ok(f->load(&set, ctx, (const char *[]){zipped, plain, zipped}, 3), ctx);
    ck_assert_uint_eq(l2osr_dataset_size(set), 4);
    const unsigned char digits[] = {3, 1, 2, 3};
    for (size_t i = 0; i < 4; i++)
        ck_assert_uint_eq(l2osr_dataset_label(set, i), label_of(f, f->taken, digits[i]));
    ck_assert_uint_eq(l2osr_dataset_image(set, 2)[PLANE], pixel_of(1, 1, 0));
    ck_assert_uint_eq(l2osr_dataset_image(set, 3)[PLANE], pixel_of(0, 1, 0));
    l2osr_dataset_free(set);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(truncated_batches_are_errors) {
    const struct format *f = &formats[_i];
    const size_t record = record_size(f), whole = RECORDS * record;
    l2osr_context *ctx = test_context();
    unsigned char bytes[RECORDS * LONGEST_RECORD];
    l2osr_dataset *set;
    char place[80];
    make_batch(bytes, f, usual_digits, RECORDS);
    for (size_t size = 0; size < whole; size += size % record < 3 ? 1 : 509)
        if (size == 0 || size % record != 0) {
            snprintf(place, sizeof place, "record %zu has %zu of", size / record, size % record);
            expect_refused(ctx, f, bytes, size, place);
        }
    snprintf(place, sizeof place, "record 2 has %zu of %zu bytes", record - 1, record);
    expect_refused(ctx, f, bytes, whole - 1, place);
    FILE *stream = fopen(put_gzip("cut.gz", bytes, whole), "rb");
    const size_t zipped = fread(bytes, 1, sizeof bytes, stream);
    fclose(stream);
    const char *path = put_file("cut.gz", bytes, zipped - 9);
    ck_assert_int_eq(f->load(&set, ctx, &path, 1), L2OSR_EFORMAT);
    ck_assert_ptr_null(set);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "cut.gz: gzip data"));
    l2osr_context_free(ctx);
}
END_TEST

/* A bit of label k of a record and one of its first pixel. */
static void check_flipped(l2osr_context *ctx, const struct format *f, size_t record, size_t k,
                          unsigned bit) {
    unsigned char bytes[RECORDS * LONGEST_RECORD];
    const size_t size = RECORDS * record_size(f);
    l2osr_dataset *set;
    make_batch(bytes, f, usual_digits, RECORDS);
    unsigned char *flipped = bytes + record * record_size(f);
    flipped[k] = (unsigned char)(flipped[k] ^ 1u << bit);
    flipped[f->labels] = (unsigned char)(flipped[f->labels] ^ 1u << bit);
    if (flipped[k] >= f->label[k].classes) {
        char place[64];
        snprintf(place, sizeof place, "record %zu has the %s %u; those of %s are 0 to %u", record,
                 f->label[k].name, flipped[k], f->name, f->label[k].classes - 1);
        expect_refused(ctx, f, bytes, size, place);
        return;
    }
    ck_ok(load_bytes_as(&set, ctx, f, bytes, size), ctx);
    ck_assert_uint_eq(l2osr_dataset_label(set, record), flipped[f->taken]);
    l2osr_dataset_free(set);
}

/* Also in those that are left out. */
START_TEST(flipped_bits_are_found_in_labels_only) {
    const struct format *f = &formats[_i];
    l2osr_context *ctx = test_context();
    for (size_t record = 0; record < RECORDS; record++)
        for (size_t k = 0; k < f->labels; k++)
            for (unsigned bit = 0; bit < 8; bit++)
                check_flipped(ctx, f, record, k, bit);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(wrong_paths_are_errors) {
    const struct format *f = &formats[_i];
    l2osr_context *ctx = test_context();
    l2osr_dataset *set;
    unsigned char bytes[LONGEST_RECORD] = {5};
    const char *good = put_file("good.bin", bytes, record_size(f));
    ck_assert_int_eq(f->load(&set, ctx, &good, 0), L2OSR_EINVAL);
    ck_assert_ptr_null(set);
    ck_assert_int_eq(f->load(&set, ctx, NULL, 1), L2OSR_EINVAL);
    ck_assert_int_eq(f->load(&set, ctx, (const char *[]){good, NULL}, 2), L2OSR_EINVAL);
    ck_assert_int_eq(f->load(&set, ctx, (const char *[]){good, "/nowhere.bin"}, 2),
                     L2OSR_ENOTFOUND);
    ck_assert_ptr_null(set);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "/nowhere.bin"));
    ck_assert_int_eq(f->load(NULL, ctx, &good, 1), L2OSR_EINVAL);
    ck_assert_int_eq(f->load(&set, NULL, &good, 1), L2OSR_EINVAL);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(labels_are_fine_or_coarse) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set;
    unsigned char bytes[LONGEST_RECORD] = {5};
    const char *good = put_file("good.bin", bytes, sizeof bytes);
    ck_assert_int_eq(l2osr_dataset_cifar100(&set, ctx, &good, 1, (l2osr_cifar100_labels)2),
                     L2OSR_EINVAL);
    ck_assert_ptr_null(set);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "neither fine nor coarse"));
    l2osr_context_free(ctx);
}
END_TEST

/* ---- selections ---- */

START_TEST(selected_classes_are_labelled_anew) {
    l2osr_context *ctx = test_context();
    l2osr_dataset *set = usual_set(ctx, &formats[0]), *some;
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
    l2osr_dataset *set = usual_set(ctx, &formats[0]), *some;
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
    tcase_add_loop_test(tcase, planes_follow_one_another, 0, FORMATS);
    tcase_add_loop_test(tcase, batches_are_joined_in_their_order, 0, FORMATS);
    tcase_add_loop_test(tcase, truncated_batches_are_errors, 0, FORMATS);
    tcase_add_loop_test(tcase, flipped_bits_are_found_in_labels_only, 0, FORMATS);
    tcase_add_loop_test(tcase, wrong_paths_are_errors, 0, FORMATS);
    tcase_add_test(tcase, labels_are_fine_or_coarse);
    tcase_add_test(tcase, selected_classes_are_labelled_anew);
    tcase_add_test(tcase, halves_by_class_are_disjoint_and_complete);
    tcase_add_test(tcase, impossible_selections_are_errors);
    return tcase;
}
