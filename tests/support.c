/* SPDX-License-Identifier: MIT */
#include "support.h"

#include <ftw.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

l2osr_context *test_context_with(unsigned threads, const struct l2osr_allocator *allocator) {
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    o.threads = threads;
    o.seed = 1;
    o.allocator = allocator;
    ck_assert_int_eq(l2osr_context_create(&ctx, &o), L2OSR_OK);
    return ctx;
}

l2osr_context *test_context(void) {
    return test_context_with(2, NULL);
}

/* Check runs each test in a child, which may die; so the parent makes the folder and removes it
   with whatever the children left. */
static char folder[64];
static pid_t folder_owner;

static int remove_entry(const char *path, const struct stat *info, int kind, struct FTW *place) {
    (void)info;
    (void)kind;
    (void)place;
    return remove(path);
}

static void remove_folder(void) {
    if (folder_owner == getpid())
        nftw(folder, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

static void make_folder(void) {
    if (folder_owner != 0)
        return;
    folder_owner = getpid();
    snprintf(folder, sizeof folder, "/tmp/l2osr-test-XXXXXX");
    if (!mkdtemp(folder)) {
        perror(folder);
        exit(EXIT_FAILURE);
    }
    atexit(remove_folder);
}

void test_tmp_path(char *path, size_t size, const char *name) {
    char mine[96];
    make_folder();
    snprintf(mine, sizeof mine, "%s/%ld", folder, (long)getpid());
    mkdir(mine, 0755);
    ck_assert_int_lt(snprintf(path, size, "%s/%s", mine, name), size);
}

const char *test_shared(void) {
    const char *given = getenv("L2OSR_SHARED");
    const char *path = given ? given : L2OSR_SOURCE_ROOT "/../shared/data";
    struct stat info;
    return stat(path, &info) == 0 && S_ISDIR(info.st_mode) ? path : NULL;
}

void test_golden(l2osr_context *ctx, const char *name, double *values, size_t n) {
    char path[1024];
    l2osr_array *array;
    snprintf(path, sizeof path, "%s/golden/%s.npy", test_shared(), name);
    ck_ok(l2osr_array_load(&array, ctx, path), ctx);
    ck_assert_uint_eq(l2osr_array_size(array), n);
    for (size_t i = 0; i < n; i++)
        values[i] = l2osr_array_get(array, i);
    l2osr_array_free(array);
}

const char *test_python_with(const char *module) {
    static const char *const names[] = {"/usr/bin/python3", "python3"};
    char command[256];
    for (size_t i = 0; i < 2; i++) {
        snprintf(command, sizeof command, "%s -c 'import %s' > /dev/null 2>&1", names[i], module);
        if (system(command) == 0)
            return names[i];
    }
    return NULL;
}

void test_run_python(const char *python, const char *program) {
    char path[256], command[768];
    test_tmp_path(path, sizeof path, "check.py");
    FILE *file = fopen(path, "w");
    ck_assert_ptr_nonnull(file);
    fputs(program, file);
    fclose(file);
    test_tmp_path(path, sizeof path, "");
    snprintf(command, sizeof command, "cd '%s' && %s -B check.py", path, python);
    ck_assert_msg(system(command) == 0, "%s", command);
}

static pthread_mutex_t counting = PTHREAD_MUTEX_INITIALIZER;

static void *failing_alloc(size_t size, size_t align, void *user) {
    struct failing_allocator *a = user;
    void *memory = NULL;
    pthread_mutex_lock(&counting);
    bool fail = a->fail_at >= 0 && a->count >= a->fail_at;
    a->count++;
    if (!fail && posix_memalign(&memory, align, size) == 0)
        a->live++;
    pthread_mutex_unlock(&counting);
    return memory;
}

static void failing_free(void *memory, size_t size, void *user) {
    struct failing_allocator *a = user;
    (void)size;
    pthread_mutex_lock(&counting);
    a->live--;
    pthread_mutex_unlock(&counting);
    free(memory);
}

struct l2osr_allocator failing_allocator_hooks(struct failing_allocator *allocator) {
    return (struct l2osr_allocator){sizeof(struct l2osr_allocator), failing_alloc, failing_free,
                                    allocator};
}

void sweep_failures(l2osr_status (*body)(l2osr_context *ctx)) {
    struct failing_allocator counts = {-1, 0, 0};
    struct l2osr_allocator allocator = failing_allocator_hooks(&counts);
    l2osr_context *ctx = test_context_with(1, &allocator);
    l2osr_status status = L2OSR_ENOMEM;
    long before = counts.live;
    for (counts.fail_at = 0; status != L2OSR_OK; counts.fail_at++) {
        counts.count = 0;
        status = body(ctx);
        ck_assert_msg(status == L2OSR_OK || status == L2OSR_ENOMEM, "allocation %ld: %s, %s",
                      counts.fail_at, l2osr_status_name(status), l2osr_context_errmsg(ctx));
        ck_assert_msg(counts.live == before, "allocation %ld: %ld blocks leaked", counts.fail_at,
                      counts.live - before);
        if (status != L2OSR_OK)
            ck_assert_str_ne(l2osr_context_errmsg(ctx), "");
    }
    ck_assert_int_gt(counts.fail_at, 1);
    l2osr_context_free(ctx);
    ck_assert_int_eq(counts.live, 0);
}

void cut_loop(void *user, size_t n, void (*body)(void *arg, size_t i), void *arg) {
    struct cutter *c = user;
    const bool now = c->loops++ == c->cut;
    for (size_t i = 0; i < n; i++) {
        if (now && i == n / 2)
            l2osr_context_cancel(c->ctx);
        body(arg, i);
    }
}

void test_write_bytes(const char *path, const void *at, size_t size) {
    FILE *file = fopen(path, "wb");
    ck_assert_msg(file != NULL, "%s", path);
    ck_assert_uint_eq(fwrite(at, 1, size, file), size);
    ck_assert_int_eq(fclose(file), 0);
}

void test_seal(unsigned char *at, size_t size) {
    const uint32_t crc = (uint32_t)crc32_z(0, at, size - 4);
    for (size_t i = 0; i < 4; i++)
        at[size - 4 + i] = (unsigned char)(crc >> (8 * i));
}

int test_main(Suite *const *suites, size_t n) {
    make_folder();
    SRunner *runner = srunner_create(suites[0]);
    for (size_t i = 1; i < n; i++)
        srunner_add_suite(runner, suites[i]);
    srunner_run_all(runner, CK_ENV);
    int failed = srunner_ntests_failed(runner);
    srunner_free(runner);
    return failed ? EXIT_FAILURE : EXIT_SUCCESS;
}
