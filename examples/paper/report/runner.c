/* SPDX-License-Identifier: MIT */
/* Runs programs one after the other. */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#ifdef __linux__
#include <sys/prctl.h>
#endif

#include "report.h"

enum { MOST_WORDS = 16, STOPPED = 130, NOT_STARTED = 127 };

static volatile sig_atomic_t interrupted;
static volatile pid_t running; /* the child, or 0 */

static void on_signal(int number) {
    (void)number;
    interrupted = 1;
    if (running)
        kill(running, SIGINT);
}

bool is_built(const char *programs, const struct piece *piece) {
    return access(path_in(programs, piece->name), X_OK) == 0;
}

/* The command line of a program: what ours has. `numbers` holds some of its words. */
static void fill_words(const struct runner *r, const struct piece *piece, char numbers[2][32],
                       const char *words[MOST_WORDS]) {
    const struct paper *p = r->paper;
    size_t n = 0;
    snprintf(numbers[0], sizeof numbers[0], "%zu", p->seed);
    snprintf(numbers[1], sizeof numbers[1], "%zu", p->threads);
    const char *const pairs[][2] = {{"--out", p->out},
                                    {"--seed", numbers[0]},
                                    {"--threads", numbers[1]},
                                    {"--data", p->data},
                                    {"--cifar", p->cifar}};
    words[n++] = path_in(r->programs, piece->name);
    for (size_t i = 0; i < sizeof pairs / sizeof pairs[0]; i++) {
        if (!pairs[i][1])
            continue;
        words[n++] = pairs[i][0];
        words[n++] = pairs[i][1];
    }
    if (p->quick)
        words[n++] = "--quick";
    words[n] = NULL;
}

/* The child's side of fork(). What a terminal shows of progress stays there. */
static _Noreturn void become(const char *const *words, const char *log) {
    signal(SIGINT, SIG_DFL);
    signal(SIGTERM, SIG_DFL);
    if (interrupted)
        _exit(STOPPED);
#ifdef __linux__
    prctl(PR_SET_PDEATHSIG, SIGINT); /* a report that is killed leaves nothing running */
#endif
    const int file = open(log, O_WRONLY | O_CREAT | O_TRUNC, 0666);
    if (file >= 0) {
        dup2(file, STDOUT_FILENO);
        if (!isatty(STDERR_FILENO))
            dup2(file, STDERR_FILENO);
        close(file);
        execv(words[0], (char *const *)words);
    }
    dprintf(STDERR_FILENO, "%s: %s\n", file >= 0 ? words[0] : log, strerror(errno));
    _exit(NOT_STARTED);
}

/* Waits for the child; a signal that came before on_signal() knew of it is passed on now. It stays
 * a zombie until on_signal() has forgotten it: its number belongs to nobody else.
 * @return its exit status, STOPPED after Ctrl-C, 128 + N when signal N ended it */
static int await(pid_t child) {
    siginfo_t info;
    int status = 0;
    running = child;
    if (interrupted)
        kill(child, SIGINT);
    while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
        ;
    running = 0;
    if (waitpid(child, &status, 0) != child)
        fail("waitpid: %s", strerror(errno));
    if (interrupted)
        return STOPPED;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Runs a program to its end, and notes the seconds; its exit status. */
static int run_piece(const struct runner *r, const struct piece *piece, double *seconds) {
    const char *words[MOST_WORDS];
    char numbers[2][32];
    struct paper stage = *r->paper;
    stage.program = piece->name;
    stage.stage = WHOLE_PROGRAM;
    stage.began = time_now();
    fill_words(r, piece, numbers, words);
    const pid_t child = fork();
    if (child < 0)
        fail("%s: %s", words[0], strerror(errno));
    if (child == 0)
        become(words, paper_path(r->paper, "%s.log", piece->name));
    const int status = await(child);
    *seconds = time_now() - stage.began;
    paper_end(&stage);
    return status;
}

/* ---- what is said about it ---- */

bool is_done(const struct paper *p, const struct piece *piece) {
    return access(paper_path(p, "%s.csv", piece->name), F_OK) == 0;
}

static bool has_to_run(const struct runner *r, size_t i) {
    return r->chosen[i] && !is_done(r->paper, &pieces[i]) && is_built(r->programs, &pieces[i]);
}

static double expected(const struct runner *r, size_t i) {
    return r->paper->quick ? pieces[i].quick_seconds : pieces[i].seconds;
}

/* Expected seconds of what has still to run behind piece i, by what we took so far. */
static double seconds_left(const struct runner *r, size_t i, double took, double was_expected) {
    double left = 0;
    while (++i < PIECES)
        left += has_to_run(r, i) ? expected(r, i) : 0;
    return left * took / was_expected;
}

static void say_number(size_t i) {
    printf("[%zu/%d] %s ... ", i + 1, PIECES, pieces[i].name);
    fflush(stdout);
}

static void say_left(double seconds) {
    if (seconds <= 0)
        puts("");
    else if (seconds < 100)
        printf("; about %.0f s left\n", seconds);
    else
        printf("; about %.0f min left\n", seconds / 60);
}

/* Why there are no results; NULL when there are. */
static const char *complaint(const struct runner *r, const struct piece *piece, int status) {
    static char text[64];
    if (status == 0 && is_done(r->paper, piece))
        return NULL;
    snprintf(text, sizeof text, "ended with status %d%s", status,
             status == 0 ? " but without results" : "");
    return text;
}

bool run_pieces(const struct runner *r) {
    double took = 0, was_expected = 0, seconds;
    bool well = true;
    const struct sigaction action = {.sa_handler = on_signal};
    sigaction(SIGINT, &action, NULL);
    sigaction(SIGTERM, &action, NULL);
    signal(SIGCHLD, SIG_DFL); /* were it ignored, nobody could be waited for */
    for (size_t i = 0; i < PIECES; i++) {
        if (!r->chosen[i])
            continue;
        say_number(i);
        if (!has_to_run(r, i)) {
            puts(is_done(r->paper, &pieces[i]) ? "there already" : "not built");
            continue;
        }
        const int status = run_piece(r, &pieces[i], &seconds);
        if (isatty(STDOUT_FILENO)) { /* the progress of the child went over it */
            fputs("\r\033[K", stdout);
            say_number(i);
        }
        if (status == STOPPED) {
            puts("stopped; the same command goes on from there");
            exit(STOPPED);
        }
        took += seconds;
        was_expected += expected(r, i);
        const char *wrong = complaint(r, &pieces[i], status);
        printf("%.0f s", seconds);
        if (wrong)
            printf(", %s: see %s", wrong, paper_path(r->paper, "%s.log", pieces[i].name));
        say_left(seconds_left(r, i, took, was_expected));
        well = well && !wrong;
    }
    return well;
}
