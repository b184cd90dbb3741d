/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <zlib.h>

#include "base/file.h"

enum { LARGE = 300000 }; /* several times the buffer that reading starts with */

static char path[512];

static void put(const char *name, const void *bytes, size_t size) {
    test_tmp_path(path, sizeof path, name);
    FILE *file = fopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_uint_eq(fwrite(bytes, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

static void put_gzip(const char *name, const void *bytes, size_t size) {
    test_tmp_path(path, sizeof path, name);
    gzFile file = gzopen(path, "wb");
    ck_assert_ptr_nonnull(file);
    ck_assert_int_eq(gzwrite(file, bytes, (unsigned)size), (int)size);
    ck_assert_int_eq(gzclose(file), Z_OK);
}

static char *noise(void) {
    char *bytes = malloc(LARGE);
    ck_assert_ptr_nonnull(bytes);
    for (size_t i = 0; i < LARGE; i++)
        bytes[i] = (char)(i * i >> 7);
    return bytes;
}

static void expect_content(l2osr_context *ctx, const char *bytes, size_t size) {
    char *content;
    size_t length;
    ck_ok(l2osr__file_read(ctx, path, &content, &length), ctx);
    ck_assert_uint_eq(length, size);
    ck_assert_mem_eq(content, bytes, size);
    ck_assert_int_eq(content[size], 0);
    l2osr__free(ctx, content);
}

/* The file at `path` must not be readable, and the message is a line that names it. */
static void expect_failure(l2osr_context *ctx, l2osr_status status, const char *reason) {
    char *content = path;
    size_t size;
    ck_assert_int_eq(l2osr__file_read(ctx, path, &content, &size), status);
    ck_assert_ptr_null(content);
    const char *message = l2osr_context_errmsg(ctx);
    ck_assert_msg(strstr(message, path) && strstr(message, reason), "%s", message);
}

START_TEST(reads_plain_and_compressed_files) {
    l2osr_context *ctx = test_context();
    char *bytes = noise();
    for (size_t size = 0; size <= LARGE; size = size < 3 ? size + 1 : size + 99999) {
        put("plain", bytes, size);
        expect_content(ctx, bytes, size);
        put_gzip("compressed", bytes, size);
        expect_content(ctx, bytes, size);
    }
    put("full-buffer", bytes, 1 << 16);
    expect_content(ctx, bytes, 1 << 16);
    free(bytes);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(truncated_and_damaged_gzip_is_an_error) {
    l2osr_context *ctx = test_context();
    char *bytes = noise(), *packed;
    size_t size;
    put_gzip("whole", bytes, LARGE);
    FILE *file = fopen(path, "rb");
    ck_assert_ptr_nonnull(file);
    packed = malloc(LARGE);
    size = fread(packed, 1, LARGE, file);
    fclose(file);
    ck_assert_uint_gt(size, 1000);
    const size_t cuts[] = {3, 10, 11, size / 2, size - 9, size - 8, size - 4, size - 1};
    for (size_t i = 0; i < sizeof cuts / sizeof *cuts; i++) {
        put("cut", packed, cuts[i]);
        expect_failure(ctx, L2OSR_EFORMAT, "gzip");
    }
    packed[size / 2] ^= 0x55;
    put("damaged", packed, size);
    expect_failure(ctx, L2OSR_EFORMAT, "damaged gzip data");
    free(packed);
    free(bytes);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(missing_files_and_directories_are_errors) {
    l2osr_context *ctx = test_context();
    test_tmp_path(path, sizeof path, "missing");
    expect_failure(ctx, L2OSR_ENOTFOUND, "No such file");
    test_tmp_path(path, sizeof path, ".");
    expect_failure(ctx, L2OSR_EIO, "not a regular file");
    snprintf(path, sizeof path, "/dev/null");
    expect_failure(ctx, L2OSR_EIO, "not a regular file");
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(reading_survives_failing_allocations) {
    struct failing_allocator counter = {-1, 0, 0};
    struct l2osr_allocator memory = failing_allocator_hooks(&counter);
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    char *bytes = noise();
    put("large", bytes, LARGE);
    free(bytes);
    o.allocator = &memory;
    ck_ok(l2osr_context_create(&ctx, &o), NULL);
    for (long k = 0; k < 4; k++) {
        counter.fail_at = counter.count + k;
        long live = counter.live;
        expect_failure(ctx, L2OSR_ENOMEM, "");
        ck_assert_int_eq(counter.live, live);
    }
    l2osr_context_free(ctx);
}
END_TEST

static int files_in(const char *folder) {
    int count = 0;
    DIR *listing = opendir(folder);
    ck_assert_ptr_nonnull(listing);
    for (struct dirent *entry; (entry = readdir(listing));)
        count += entry->d_name[0] != '.';
    closedir(listing);
    return count;
}

/* Makes a folder, and `path` that of a file in it that is not there. */
static void new_folder(char *folder, size_t size, const char *name) {
    test_tmp_path(folder, size, name);
    ck_assert_int_eq(mkdir(folder, 0755), 0);
    ck_assert_int_lt(snprintf(path, sizeof path, "%s/file", folder), sizeof path);
}

START_TEST(commit_leaves_the_file_and_nothing_else) {
    l2osr_context *ctx = test_context();
    char folder[256];
    l2osr__writer writer;
    struct stat info;
    new_folder(folder, sizeof folder, "commit");
    mode_t umask_before = umask(027);
    for (int round = 0; round < 2; round++) { /* a new file, then in place of one */
        ck_ok(l2osr__writer_open(&writer, ctx, path), ctx);
        fprintf(writer.stream, "round %d", round);
        ck_assert_int_eq(stat(path, &info), round == 0 ? -1 : 0);
        ck_ok(l2osr__writer_commit(&writer), ctx);
        expect_content(ctx, round ? "round 1" : "round 0", 7);
        ck_assert_int_eq(files_in(folder), 1);
    }
    ck_assert_int_eq(stat(path, &info), 0);
    ck_assert_int_eq(info.st_mode & 0777, 0640);
    umask(umask_before);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(abandon_leaves_what_was_there) {
    l2osr_context *ctx = test_context();
    char folder[256];
    l2osr__writer writer, other;
    new_folder(folder, sizeof folder, "abandon");
    ck_ok(l2osr__writer_open(&writer, ctx, path), ctx);
    l2osr__writer_abandon(&writer);
    l2osr__writer_abandon(&writer);
    ck_assert_int_eq(files_in(folder), 0);
    ck_ok(l2osr__writer_open(&writer, ctx, path), ctx);
    ck_ok(l2osr__writer_open(&other, ctx, path), ctx); /* two at a time do not meet */
    fprintf(writer.stream, "good");
    fprintf(other.stream, "bad");
    ck_ok(l2osr__writer_commit(&writer), ctx);
    l2osr__writer_abandon(&other);
    expect_content(ctx, "good", 4);
    ck_assert_int_eq(files_in(folder), 1);
    l2osr_context_free(ctx);
}
END_TEST

static void expect_unwritable(l2osr_context *ctx, const char *target, const char *reason) {
    l2osr__writer writer;
    ck_assert_int_eq(l2osr__writer_open(&writer, ctx, target), L2OSR_EIO);
    ck_assert_ptr_null(writer.stream);
    const char *message = l2osr_context_errmsg(ctx);
    ck_assert_msg(strstr(message, target) && strstr(message, reason), "%s", message);
    l2osr__writer_abandon(&writer);
}

START_TEST(unwritable_places_are_errors) {
    l2osr_context *ctx = test_context();
    char folder[256], below[600];
    struct stat info;
    put("regular", "x", 1);
    snprintf(below, sizeof below, "%s/file", path);
    expect_unwritable(ctx, below, "Not a directory");
    new_folder(folder, sizeof folder, "unwritable");
    expect_unwritable(ctx, folder, "Is a directory");
    snprintf(below, sizeof below, "%s/none/file", folder);
    expect_unwritable(ctx, below, "No such file");
    expect_unwritable(ctx, "/proc/file", "cannot write");
    expect_unwritable(ctx, "/dev/null", "cannot write");
    ck_assert(stat("/dev/null", &info) == 0 && S_ISCHR(info.st_mode));
    ck_assert_int_eq(files_in(folder), 0);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(a_full_disk_leaves_what_was_there) {
    l2osr_context *ctx = test_context();
    char folder[256];
    l2osr__writer writer;
    struct rlimit before, small;
    char *bytes = noise();
    new_folder(folder, sizeof folder, "full");
    signal(SIGXFSZ, SIG_IGN);
    ck_assert_int_eq(getrlimit(RLIMIT_FSIZE, &before), 0);
    small = before;
    small.rlim_cur = 4096;
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &small), 0);
    ck_ok(l2osr__writer_open(&writer, ctx, path), ctx);
    fwrite(bytes, 1, LARGE, writer.stream);
    ck_assert_int_eq(l2osr__writer_commit(&writer), L2OSR_EIO);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "cannot write"));
    ck_assert_int_eq(setrlimit(RLIMIT_FSIZE, &before), 0);
    ck_assert_int_eq(files_in(folder), 0);
    free(bytes);
    l2osr_context_free(ctx);
}
END_TEST

TCase *file_tests(void) {
    TCase *tcase = tcase_create("file");
    tcase_add_test(tcase, reads_plain_and_compressed_files);
    tcase_add_test(tcase, truncated_and_damaged_gzip_is_an_error);
    tcase_add_test(tcase, missing_files_and_directories_are_errors);
    tcase_add_test(tcase, reading_survives_failing_allocations);
    tcase_add_test(tcase, commit_leaves_the_file_and_nothing_else);
    tcase_add_test(tcase, abandon_leaves_what_was_there);
    tcase_add_test(tcase, unwritable_places_are_errors);
    tcase_add_test(tcase, a_full_disk_leaves_what_was_there);
    return tcase;
}
