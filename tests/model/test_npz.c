/* SPDX-License-Identifier: MIT */
/* Weights in .npz files: ours, compressed ones, and those that are not as they should be. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "files.h"
#include "golden.h"
#include "suites.h"

enum { ROOM = 16384 };

/* An archive in the making. */
struct archive {
    unsigned char bytes[ROOM], directory[4096];
    size_t size, directory_size, count;
};

/* An array of f4 or f8 in a .npy file; returns its size. */
static size_t make_npy(unsigned char *out, const char *type, const char *shape, const double *data,
                       size_t count) {
    char header[128];
    const int n = snprintf(header, sizeof header,
                           "{'descr': '%s', 'fortran_order': False, 'shape': %s}\n", type, shape);
    memcpy(out, "\x93NUMPY\x01", 8);
    l2osr__bytes_put(out + 8, (uint64_t)n, 2);
    memcpy(out + 10, header, (size_t)n);
    unsigned char *at = out + 10 + n;
    for (size_t i = 0; i < count; i++)
        if (strcmp(type, "<f8") == 0) {
            memcpy(at, &data[i], 8);
            at += 8;
        } else {
            const float value = (float)data[i];
            memcpy(at, &value, 4);
            at += 4;
        }
    return (size_t)(at - out);
}

static size_t deflate_to(unsigned char *out, const unsigned char *bytes, size_t size) {
    z_stream stream = {.next_in = (unsigned char *)bytes,
                       .avail_in = (uInt)size,
                       .next_out = out,
                       .avail_out = ROOM};
    ck_assert_int_eq(deflateInit2(&stream, 9, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
    ck_assert_int_eq(deflate(&stream, Z_FINISH), Z_STREAM_END);
    deflateEnd(&stream);
    return ROOM - stream.avail_out;
}

/* As numpy writes: the local header leaves the sizes to an extra field. */
static void add_entry(struct archive *a, const char *name, const unsigned char *bytes, size_t size,
                      bool compress) {
    static unsigned char packed[ROOM];
    unsigned char *local = a->bytes + a->size, *entry = a->directory + a->directory_size;
    const size_t length = strlen(name), at = a->size;
    const size_t n = compress ? deflate_to(packed, bytes, size) : size;
    memset(local, 0, 30);
    l2osr__bytes_put(local, 0x04034b50, 4);
    l2osr__bytes_put(local + 18, 0xffffffffffffffff, 8);
    l2osr__bytes_put(local + 26, length, 2);
    l2osr__bytes_put(local + 28, 20, 2);
    memcpy(local + 30, name, length);
    memset(local + 30 + length, 0, 20);
    memcpy(local + 50 + length, compress ? packed : bytes, n);
    a->size += 50 + length + n;
    memset(entry, 0, 46);
    l2osr__bytes_put(entry, 0x02014b50, 4);
    l2osr__bytes_put(entry + 10, compress ? 8 : 0, 2);
    l2osr__bytes_put(entry + 16, crc32_z(0, bytes, size), 4);
    l2osr__bytes_put(entry + 20, n, 4);
    l2osr__bytes_put(entry + 24, size, 4);
    l2osr__bytes_put(entry + 28, length, 2);
    l2osr__bytes_put(entry + 42, at, 4);
    memcpy(entry + 46, name, length);
    a->directory_size += 46 + length;
    a->count++;
}

static void finish(struct archive *a, const char *comment) {
    unsigned char *end = a->bytes + a->size + a->directory_size;
    memcpy(a->bytes + a->size, a->directory, a->directory_size);
    memset(end, 0, 22);
    l2osr__bytes_put(end, 0x06054b50, 4);
    l2osr__bytes_put(end + 8, a->count, 2);
    l2osr__bytes_put(end + 10, a->count, 2);
    l2osr__bytes_put(end + 12, a->directory_size, 4);
    l2osr__bytes_put(end + 16, a->size, 4);
    l2osr__bytes_put(end + 20, strlen(comment), 2);
    memcpy(end + 22, comment, strlen(comment));
    a->size += a->directory_size + 22 + strlen(comment);
}

/* A model of 34 weights: its archives are small enough to try every byte. */
static l2osr_model *small_model(l2osr_context *ctx, uint64_t seed) {
    static const size_t one = 1;
    l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
    l2osr_model *model;
    o.seed = seed;
    o.pre = 2;
    o.hidden = &one;
    o.n_hidden = 1;
    o.groups = 3;
    ck_ok(l2osr_model_create(&model, ctx, &o), ctx);
    return model;
}

enum { TENSORS = 9 };
static const char *const shapes[TENSORS] = {"(2, 2)", "(2,)",   "(4, 2)", "(4, 1)", "(4,)",
                                            "(4,)",   "(1, 1)", "(1,)",   "(3,)"};

/* The archive of a small model's weights; an array may be left out, misshapen, or of another type.
 */
static void make_archive(struct archive *a, const l2osr_model *model, const char *type,
                         bool compress, int skip, int bend) {
    static unsigned char npy[ROOM];
    memset(a, 0, sizeof *a);
    for (int i = TENSORS - 1; i >= 0; i--) { /* any order */
        const l2osr_tensor *tensor = l2osr_model_tensor(model, (size_t)i);
        char name[64];
        snprintf(name, sizeof name, "%s.npy", tensor->name);
        const size_t count = i == bend ? 5 : tensor->rows * tensor->cols;
        const size_t size = make_npy(npy, type, i == bend ? "(5,)" : shapes[i],
                                     l2osr_model_weights(model) + tensor->offset, count);
        if (i != skip)
            add_entry(a, name, npy, size, compress);
    }
}

static l2osr_status import_archive(l2osr_model *model, const struct archive *a) {
    char path[300];
    test_tmp_path(path, sizeof path, "w.npz");
    write_file(path, a->bytes, a->size);
    return l2osr_model_import(model, path);
}

START_TEST(what_is_exported_is_imported) {
    l2osr_context *ctx = test_context();
    l2osr_model *from = small_model(ctx, 1), *to = small_model(ctx, 2);
    char path[300];
    test_tmp_path(path, sizeof path, "export.npz");
    ck_assert_mem_ne(l2osr_model_weights(to), l2osr_model_weights(from), 8);
    ck_ok(l2osr_model_export(from, path), ctx);
    ck_ok(l2osr_model_import(to, path), ctx);
    ck_assert_mem_eq(l2osr_model_weights(to), l2osr_model_weights(from),
                     l2osr_model_size(to) * sizeof(double));
    ck_assert_int_eq(l2osr_model_export(from, "/dev/null/w.npz"), L2OSR_EIO);
    ck_assert_int_eq(l2osr_model_import(to, "/dev/null/w.npz"), L2OSR_EIO);
    ck_assert_int_eq(l2osr_model_export(from, NULL), L2OSR_EINVAL);
    ck_assert_int_eq(l2osr_model_import(to, NULL), L2OSR_EINVAL);
    l2osr_model_free(from);
    l2osr_model_free(to);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(stored_and_deflated_arrays_of_both_types_are_read) {
    static struct archive a;
    l2osr_context *ctx = test_context();
    l2osr_model *from = small_model(ctx, 1);
    for (int variant = 0; variant < 4; variant++) {
        l2osr_model *to = small_model(ctx, 2);
        make_archive(&a, from, variant & 1 ? "<f4" : "<f8", variant & 2, -1, -1);
        finish(&a, variant & 1 ? "a comment" : "");
        ck_ok(import_archive(to, &a), ctx);
        for (size_t i = 0; i < l2osr_model_size(to); i++) {
            const double value = l2osr_model_weights(from)[i];
            ck_assert_double_eq(l2osr_model_weights(to)[i], variant & 1 ? (float)value : value);
        }
        l2osr_model_free(to);
    }
    l2osr_model_free(from);
    l2osr_context_free(ctx);
}
END_TEST

static void expect_refused(l2osr_context *ctx, l2osr_model *model, const struct archive *a,
                           const char *message) {
    double kept[64];
    const size_t bytes = l2osr_model_size(model) * sizeof *kept;
    memcpy(kept, l2osr_model_weights(model), bytes);
    ck_assert_int_eq(import_archive(model, a), L2OSR_EFORMAT);
    ck_assert_msg(strstr(l2osr_context_errmsg(ctx), message) != NULL, "'%s' not in '%s'", message,
                  l2osr_context_errmsg(ctx));
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "w.npz"));
    ck_assert_mem_eq(l2osr_model_weights(model), kept, bytes);
}

START_TEST(wrong_arrays_are_named) {
    static struct archive a;
    static unsigned char npy[ROOM];
    l2osr_context *ctx = test_context();
    l2osr_model *from = small_model(ctx, 1), *to = small_model(ctx, 2);
    make_archive(&a, from, "<f8", false, 2, -1);
    finish(&a, "");
    expect_refused(ctx, to, &a, "'cells.0.weight_ih' of shape [4, 2] is missing");
    make_archive(&a, from, "<f8", false, -1, 3);
    finish(&a, "");
    expect_refused(ctx, to, &a, "'cells.0.weight_hh' has shape [5], not [4, 1]");
    make_archive(&a, from, "<i4", false, -1, -1);
    finish(&a, "");
    expect_refused(ctx, to, &a, "'pre.0.weight' must be f4 or f8");
    make_archive(&a, from, "<f8", false, -1, -1);
    const size_t size = make_npy(npy, "<f8", "()", (double[]){1}, 1);
    add_entry(&a, "more.npy", npy, size, false);
    finish(&a, "");
    expect_refused(ctx, to, &a, "'more' is none of the model's 9 weights");
    make_archive(&a, from, "<f8", false, 7, -1);
    add_entry(&a, "out.bias.npy", npy, size, true);
    finish(&a, "");
    expect_refused(ctx, to, &a, "'out.bias' has 0 dimensions, not shape [1]");
    make_archive(&a, from, "<f8", false, 7, -1);
    add_entry(&a, "lum.npy", npy, size, true);
    finish(&a, "");
    expect_refused(ctx, to, &a, "two arrays have the same name");
    make_archive(&a, from, "<f8", false, 7, -1);
    add_entry(&a, "out.bias.npy", (const unsigned char *)"not an array", 12, true);
    finish(&a, "");
    expect_refused(ctx, to, &a, "array 'out.bias': not a .npy file");
    l2osr_model_free(from);
    l2osr_model_free(to);
    l2osr_context_free(ctx);
}
END_TEST

/* The fields of the directory's first entry and of the end, with a value that makes no sense. */
START_TEST(strange_archives_are_refused) {
    static struct archive a;
    static const struct {
        bool end;
        size_t at, bytes;
        uint64_t value;
        const char *message;
    } cases[] = {
        {false, 8, 2, 1, "encrypted"},
        {false, 10, 2, 9, "unknown compression"},
        {false, 20, 4, 0xffffffff, "zip64"},
        {false, 24, 4, 0xfffffff0, "impossible size"},
        {false, 28, 2, 0xffff, "directory"},
        {false, 42, 4, 1, "where it should be"},
        {false, 42, 4, 0xfffffff0, "where it"},
        {false, 46, 1, 7, "plain text"},
        {true, 10, 2, 0xffff, "zip64"},
        {true, 16, 4, 0xffffffff, "zip64"},
        {true, 16, 4, 3, "where it should be"},
        {true, 4, 2, 1, "several parts"},
        {true, 20, 2, 5, "directory is missing"},
    };
    l2osr_context *ctx = test_context();
    l2osr_model *from = small_model(ctx, 1), *to = small_model(ctx, 2);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        make_archive(&a, from, "<f8", true, -1, -1);
        const size_t directory = a.size;
        finish(&a, "");
        l2osr__bytes_put(a.bytes + (cases[i].end ? a.size - 22 : directory) + cases[i].at,
                         cases[i].value, cases[i].bytes);
        expect_refused(ctx, to, &a, cases[i].message);
    }
    l2osr_model_free(from);
    l2osr_model_free(to);
    l2osr_context_free(ctx);
}
END_TEST

/* Fields that do not matter may change (dates); never anything else. */
START_TEST(every_truncation_and_changed_byte_is_survived) {
    static struct archive a, changed;
    l2osr_context *ctx = test_context();
    l2osr_model *from = small_model(ctx, 1);
    const size_t bytes = l2osr_model_size(from) * sizeof(double);
    size_t refused = 0;
    make_archive(&a, from, "<f8", true, -1, -1);
    finish(&a, "");
    l2osr_model *to = small_model(ctx, 2);
    for (size_t at = 0; at < a.size; at++) {
        changed = a;
        changed.size = at;
        expect_refused(ctx, to, &changed, "w.npz");
    }
    double kept[64];
    memcpy(kept, l2osr_model_weights(to), bytes);
    for (size_t at = 0; at < a.size; at++) {
        changed = a;
        changed.bytes[at] ^= (unsigned char)(1u << at % 8);
        const l2osr_status status = import_archive(to, &changed);
        const double *expected = status == L2OSR_OK ? l2osr_model_weights(from) : kept;
        ck_assert_mem_eq(l2osr_model_weights(to), expected, bytes);
        refused += status != L2OSR_OK;
        ck_ok(l2osr_model_set_weights(to, kept), ctx);
    }
    ck_assert_uint_gt(refused, a.size / 2);
    l2osr_model_free(from);
    l2osr_model_free(to);
    l2osr_context_free(ctx);
}
END_TEST

/* Python's archives, compressed as numpy.savez_compressed() does, and NumPy itself. */
static const char *const python_programs[][2] = {
    {"zipfile", "import zipfile\n"
                "source = zipfile.ZipFile('out.npz')\n"
                "assert source.testzip() is None\n"
                "with zipfile.ZipFile('in.npz', 'w', zipfile.ZIP_DEFLATED) as result:\n"
                "    for name in source.namelist():\n"
                "        with result.open(name, 'w', force_zip64=True) as entry:\n"
                "            entry.write(source.read(name))\n"},
    {"numpy",
     "import numpy\n"
     "source = numpy.load('out.npz')\n"
     "assert source['pre.0.weight'].shape == (2, 2) and source['lum'].shape == (3,)\n"
     "assert source['cells.0.weight_hh'].dtype == 'f8'\n"
     "numpy.savez_compressed('in.npz', **{name: source[name] for name in source.files})\n"},
};

START_TEST(python_reads_and_writes_the_same_files) {
    const char *python = test_python_with(python_programs[_i][0]);
    l2osr_context *ctx = test_context();
    l2osr_model *from = small_model(ctx, 1), *to = small_model(ctx, 2);
    char path[300];
    if (python) {
        test_tmp_path(path, sizeof path, "out.npz");
        ck_ok(l2osr_model_export(from, path), ctx);
        test_run_python(python, python_programs[_i][1]);
        test_tmp_path(path, sizeof path, "in.npz");
        ck_ok(l2osr_model_import(to, path), ctx);
        ck_assert_mem_eq(l2osr_model_weights(to), l2osr_model_weights(from),
                         l2osr_model_size(to) * sizeof(double));
    }
    l2osr_model_free(from);
    l2osr_model_free(to);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status round_trip(l2osr_context *ctx) {
    char path[300];
    l2osr_model *model;
    l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
    test_tmp_path(path, sizeof path, "memory.npz");
    o.groups = 2;
    l2osr_status status = l2osr_model_create(&model, ctx, &o);
    if (status == L2OSR_OK)
        status = l2osr_model_export(model, path);
    if (status == L2OSR_OK)
        status = l2osr_model_import(model, path);
    l2osr_model_free(model);
    return status;
}

START_TEST(failing_allocations_leave_nothing_behind) {
    sweep_failures(round_trip);
}
END_TEST

Suite *npz_suite(void) {
    Suite *suite = suite_create("weights as .npz");
    TCase *tests = tcase_create("weights as .npz");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, what_is_exported_is_imported);
    tcase_add_test(tests, stored_and_deflated_arrays_of_both_types_are_read);
    tcase_add_test(tests, wrong_arrays_are_named);
    tcase_add_test(tests, strange_archives_are_refused);
    tcase_add_test(tests, every_truncation_and_changed_byte_is_survived);
    tcase_add_loop_test(tests, python_reads_and_writes_the_same_files, 0, 2);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
