/* SPDX-License-Identifier: MIT */
#include <errno.h>
#include <math.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

/* OpenBLAS has threads of its own; ours share the work out better, and two layers of threads fight.
 */
extern void openblas_set_num_threads(int threads) __attribute__((weak));

static l2osr_context *current;
static char warning[300]; /* the first */

static void on_interrupt(int signal_number) {
    (void)signal_number;
    l2osr_context_cancel(current);
}

static void clear_line(void) {
    if (isatty(STDERR_FILENO))
        fputs("\r\033[K", stderr);
}

static void on_log(void *user, l2osr_log_level level, const char *line) {
    (void)user;
    if (level < L2OSR_LOG_WARNING)
        return;
    if (!*warning)
        snprintf(warning, sizeof warning, "%s", line);
    clear_line();
    fprintf(stderr, "warning: %s\n", line);
}

const char *first_warning(void) {
    return warning;
}

static int on_progress(void *user, const l2osr_progress *p) {
    (void)user;
    if (!isatty(STDERR_FILENO))
        return 0;
    fprintf(stderr, "\r\033[K%-10s %3.0f %%  %.1f/s", p->stage,
            p->total ? 100.0 * (double)p->done / (double)p->total : 0.0, p->rate);
    if (!isnan(p->best))
        fprintf(stderr, "  best %.4f", p->best);
    if (p->eta >= 0)
        fprintf(stderr, "  %.0f s left", p->eta);
    fprintf(stderr, "  %s", p->detail);
    if (p->total && p->done >= p->total)
        clear_line();
    fflush(stderr);
    return 0;
}

l2osr_context *open_session(size_t threads, size_t seed) {
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    struct sigaction action = {.sa_handler = on_interrupt};
    if (openblas_set_num_threads)
        openblas_set_num_threads(1);
    o.threads = threads > 256 ? 256 : (unsigned)threads;
    o.seed = seed;
    o.log = on_log;
    o.progress = on_progress;
    l2osr_status status = l2osr_context_create(&current, &o);
    if (status != L2OSR_OK)
        fail("%s", l2osr_strerror(status));
    sigaction(SIGINT, &action, NULL);
    return current;
}

void must(l2osr_context *ctx, l2osr_status status) {
    if (status == L2OSR_OK)
        return;
    clear_line();
    fail("%s", *l2osr_context_errmsg(ctx) ? l2osr_context_errmsg(ctx) : l2osr_strerror(status));
}

bool stopped(l2osr_context *ctx, l2osr_status status) {
    clear_line(); /* work that ends early leaves its last progress report there */
    if (status != L2OSR_ECANCELED)
        must(ctx, status);
    return status == L2OSR_ECANCELED;
}

double time_now(void) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (double)now.tv_sec + 1e-9 * (double)now.tv_nsec;
}

void make_folder(const char *path) {
    char part[4096];
    size_t length = strlen(path);
    if (length == 0 || length >= sizeof part)
        fail("'%s': not a name for a folder", path);
    for (size_t i = 1; i <= length; i++) {
        if (path[i] != '/' && path[i] != '\0')
            continue;
        memcpy(part, path, i);
        part[i] = '\0';
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            fail("%s: %s", part, strerror(errno));
    }
    if (access(path, W_OK | X_OK) != 0)
        fail("%s: %s", path, strerror(errno));
    struct stat info;
    if (stat(path, &info) != 0 || !S_ISDIR(info.st_mode))
        fail("%s: not a folder", path);
}

void check_output(const char *path) {
    char folder[4096] = ".";
    const char *slash = strrchr(path, '/');
    struct stat info;
    if (slash && (size_t)(slash - path) + 1 < sizeof folder)
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path) + 1, path);
    if (access(folder, W_OK | X_OK) != 0)
        fail("%s: %s", path, strerror(errno));
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        fail("%s: is a folder", path);
}

static void temporary_name(char *out, size_t size, const char *path) {
    if ((size_t)snprintf(out, size, "%s.tmp", path) >= size)
        fail("%s: the name is too long", path);
}

FILE *begin_output(const char *path) {
    char temporary[4096];
    temporary_name(temporary, sizeof temporary, path);
    FILE *file = fopen(temporary, "w");
    if (!file)
        fail("%s: %s", path, strerror(errno));
    return file;
}

void end_output(FILE *file, const char *path) {
    char temporary[4096];
    temporary_name(temporary, sizeof temporary, path);
    if (fclose(file) != 0 || rename(temporary, path) != 0) {
        const int reason = errno;
        remove(temporary);
        fail("%s: %s", path, strerror(reason));
    }
}

const char *path_in(const char *folder, const char *name) {
    static char paths[16][4096];
    static unsigned next;
    char *path = paths[next++ % 16];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}
