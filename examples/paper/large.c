/* SPDX-License-Identifier: MIT */
#include "large.h"

#include <errno.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

extern char **environ;

/* Small enough for two processors: a few seconds to a minute each. */
static const struct large {
    const char *net, *title, *size, *batch, *steps;
} large_networks[] = {
    {"resnet18", "ResNet-18 by libtorch", "16", "32", "60"},
    {"resnet50", "ResNet-50 by libtorch", "16", "32", "40"},
    {"mobilenetv2", "MobileNetV2 by libtorch", "16", "32", "60"},
};
enum { LARGE = sizeof large_networks / sizeof large_networks[0] };

/* Runs a program to its end; Ctrl-C reaches it as well. */
static void run_program(struct paper *p, char *const argv[]) {
    pid_t child, ended;
    int status = 0;
    fflush(stdout);
    if (posix_spawn(&child, argv[0], NULL, NULL, argv, environ) != 0)
        fail("%s cannot be run", argv[0]);
    do
        ended = waitpid(child, &status, 0);
    while (ended < 0 && errno == EINTR);
    if (l2osr_context_canceled(p->ctx))
        paper_must(p, L2OSR_ECANCELED);
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail("%s failed", argv[0]);
}

static void train_large(struct paper *p, const char *train, const struct large *large) {
    const char *csv = paper_path(p, "fig2_comparison_%s.csv", large->net);
    if (!paper_begin(p, csv, large->title))
        return;
    char seed[24], threads[24];
    const char *argv[] = {train,        "--net",     large->net, "--rule",     RULES "/tuned.rule",
                          "--size",     large->size, "--batch",  large->batch, "--steps",
                          large->steps, "--csv",     csv,        "--seed",     seed,
                          "--threads",  threads,     NULL,       NULL,         NULL};
    size_t n = 0;
    while (argv[n])
        n++;
    snprintf(seed, sizeof seed, "%zu", p->seed);
    snprintf(threads, sizeof threads, "%zu", p->threads);
    if (p->cifar || p->data) {
        argv[n] = p->cifar ? "--cifar" : "--data";
        argv[n + 1] = p->cifar ? p->cifar : p->data;
    }
    run_program(p, (char *const *)argv);
    paper_end(p);
}

void train_large_networks(struct paper *p, const char *program) {
    const char *slash = strrchr(program, '/');
    char train[4096];
    snprintf(train, sizeof train, "%.*s../adapters/libtorch/train",
             slash ? (int)(slash - program) + 1 : 0, program);
    if (p->quick)
        puts("ResNet-18, ResNet-50 and MobileNetV2 are left out of a quick run");
    else if (access(train, X_OK) != 0)
        puts("ResNet-18, ResNet-50 and MobileNetV2: not run, the adapter for libtorch was not "
             "built");
    else
        for (size_t i = 0; i < LARGE; i++)
            train_large(p, train, &large_networks[i]);
}
