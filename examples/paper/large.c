/* SPDX-License-Identifier: MIT */
#include "large.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#define SIDE    "16"
#define BATCH   "32"
#define ADAM_LR "0.001"

/* Small enough for two processors: a few seconds to a minute each. */
static const struct large {
    const char *net, *name, *steps;
} large_networks[] = {
    {"resnet18", "ResNet-18", "60"},
    {"resnet50", "ResNet-50", "40"},
    {"mobilenetv2", "MobileNetV2", "60"},
};
enum { LARGE = sizeof large_networks / sizeof large_networks[0], LONGEST = 1024 };

/* ---- a program ---- */

static pid_t start(char *const argv[]) {
    fflush(stdout);
    const pid_t child = fork();
    if (child < 0)
        fail("%s: %s", argv[0], strerror(errno));
    if (child > 0)
        return child;
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGINT); /* whatever ends us leaves nothing running */
#endif
    execv(argv[0], argv);
    dprintf(STDERR_FILENO, "%s: %s\n", argv[0], strerror(errno));
    _exit(EXIT_FAILURE);
}

/* Runs a program to its end. Ctrl-C is passed on: only a terminal gives it to both. */
static void run_program(struct paper *p, char *const argv[]) {
    const struct timespec moment = {.tv_nsec = 50 * 1000 * 1000};
    const pid_t child = start(argv);
    int status = 0;
    while (!l2osr_context_canceled(p->ctx) && waitpid(child, &status, WNOHANG) == 0)
        nanosleep(&moment, NULL);
    if (l2osr_context_canceled(p->ctx)) {
        kill(child, SIGINT);
        while (waitpid(child, &status, 0) < 0 && errno == EINTR)
            ;
        paper_must(p, L2OSR_ECANCELED);
    }
    if (!WIFEXITED(status) || WEXITSTATUS(status) != 0)
        fail("%s failed", argv[0]);
}

/* ---- training ---- */

static void name_losses(char path[LONGEST], const struct paper *p, const struct large *large) {
    if (snprintf(path, LONGEST, "%s", paper_path(p, "fig2_comparison_%s.csv", large->net)) >=
        LONGEST)
        fail("--out %s: the name is too long", p->out);
}

/* The losses get their name when they are complete: training that is stopped writes them as well.
 */
static void train_large(struct paper *p, const char *train, const struct large *large) {
    const char *cached = paper_path(p, "cache/fig2_comparison_%s.csv", large->net);
    char csv[LONGEST], seed[24], threads[24];
    const char *argv[] = {train,       "--net",   large->net,   "--rule", RULES "/finetuned.rule",
                          "--adam-lr", ADAM_LR,   "--size",     SIDE,     "--batch",
                          BATCH,       "--steps", large->steps, "--csv",  cached,
                          "--seed",    seed,      "--threads",  threads,  NULL,
                          NULL,        NULL};
    size_t n = 0;
    while (argv[n])
        n++;
    snprintf(seed, sizeof seed, "%zu", p->seed);
    snprintf(threads, sizeof threads, "%zu", p->threads);
    if (p->cifar || p->data) {
        argv[n] = p->cifar ? "--cifar" : "--data";
        argv[n + 1] = p->cifar ? p->cifar : p->data;
    }
    name_losses(csv, p, large);
    if (!paper_begin(p, csv, large->name))
        return;
    run_program(p, (char *const *)argv);
    if (rename(cached, csv) != 0)
        fail("%s: %s", csv, strerror(errno));
    paper_end(p);
}

/* ---- the picture ---- */

static void draw_large(const struct paper *p) {
    static char csv[LARGE][LONGEST], titles[LARGE][80];
    struct plot_line lines[LARGE][2];
    struct panel panels[LARGE];
    for (size_t i = 0; i < LARGE; i++) {
        const struct large *large = &large_networks[i];
        name_losses(csv[i], p, large);
        snprintf(titles[i], sizeof titles[i],
                 "%s, " SIDE "x" SIDE " images, batch " BATCH ", %s steps", large->name,
                 large->steps);
        lines[i][0] = (struct plot_line){.name = "torch's Adam, step size " ADAM_LR,
                                         .csv = csv[i],
                                         .x = "step",
                                         .y = "adam",
                                         .colour = 5};
        lines[i][1] = (struct plot_line){
            .name = "fine-tuned rule", .csv = csv[i], .x = "step", .y = "rule", .colour = 1};
        panels[i] = (struct panel){.plot = {.title = titles[i],
                                            .x = "step, on the half that rules are tuned on",
                                            .y = "minibatch loss"},
                                   .lines = lines[i],
                                   .n = 2};
    }
    plot_panels(paper_path(p, "fig2_comparison_large.svg"), panels, LARGE, 2);
}

void train_large_networks(struct paper *p, const char *program) {
    char train[LONGEST];
    const int length =
        snprintf(train, LONGEST, "%s/../adapters/libtorch/train", own_folder(program));
    if (p->quick) {
        puts("ResNet-18, ResNet-50 and MobileNetV2 are left out of a quick run");
        return;
    }
    if (length >= LONGEST || access(train, X_OK) != 0) {
        puts("ResNet-18, ResNet-50 and MobileNetV2: not run, the adapter for libtorch was not "
             "built");
        return;
    }
    puts("Large networks train on the half of the images that rules are tuned on; torch's Adam has "
         "one step size, " ADAM_LR);
    for (size_t i = 0; i < LARGE; i++)
        train_large(p, train, &large_networks[i]);
    draw_large(p);
}
