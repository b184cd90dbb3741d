/* SPDX-License-Identifier: MIT */
/* Runs programs one after the other. */
#include <errno.h>
#include <fcntl.h>
#include <math.h>
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

/* Interrupts a wait, once a second. */
static void on_alarm(int number) {
    (void)number;
    alarm(1);
}

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

/* The child's side of fork(). All that it says is in its log, without progress: that is for
 * terminals. */
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
        dup2(file, STDERR_FILENO);
        close(file);
        execv(words[0], (char *const *)words);
    }
    dprintf(STDERR_FILENO, "%s: %s\n", file >= 0 ? words[0] : log, strerror(errno));
    _exit(NOT_STARTED);
}

/* ---- how it goes ---- */

/* A piece that is under way: seconds that it is expected to take, and those behind it. */
struct progress {
    size_t piece;
    double began, expected, behind;
};

static void put_time(double seconds) {
    if (seconds < 100)
        printf("about %.0f s", seconds);
    else
        printf("about %.0f min", seconds / 60);
}

static void say_begin(const struct progress *g) {
    printf("[%zu/%d] %s (", g->piece + 1, PIECES, pieces[g->piece].name);
    put_time(g->expected);
    fputs(") ... ", stdout);
}

/* Over the line that a terminal shows. */
static void say_again(const struct progress *g) {
    fputs("\r\033[K", stdout);
    say_begin(g);
}

static void say_left(double seconds) {
    if (seconds <= 0)
        return;
    fputs("; ", stdout);
    put_time(seconds);
    fputs(" left", stdout);
}

static void say_elapsed(const struct progress *g) {
    const double elapsed = time_now() - g->began;
    if (!isatty(STDOUT_FILENO))
        return;
    say_again(g);
    printf("%.0f s", elapsed);
    say_left(fmax(0, g->expected - elapsed) + g->behind);
    fflush(stdout);
}

/* ---- a child ---- */

/* Waits for the child; a signal that came before on_signal() knew of it is passed on now. It stays
 * a zombie until on_signal() has forgotten it: its number belongs to nobody else.
 * @return its exit status, STOPPED after Ctrl-C, 128 + N when signal N ended it */
static int await(pid_t child, const struct progress *g) {
    siginfo_t info;
    int status = 0;
    running = child;
    if (interrupted)
        kill(child, SIGINT);
    alarm(1);
    while (waitid(P_PID, (id_t)child, &info, WEXITED | WNOWAIT) != 0 && errno == EINTR)
        say_elapsed(g);
    alarm(0);
    running = 0;
    if (waitpid(child, &status, 0) != child)
        fail("waitpid: %s", strerror(errno));
    if (interrupted)
        return STOPPED;
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Runs a program to its end, and notes when it began and the seconds; its exit status. */
static int run_piece(const struct runner *r, const struct progress *g) {
    const struct piece *piece = &pieces[g->piece];
    const char *words[MOST_WORDS];
    char numbers[2][32];
    struct paper stage = *r->paper;
    stage.program = piece->name;
    stage.stage = PROGRAM_BEGINS;
    stage.began = g->began;
    paper_end(&stage);
    fill_words(r, piece, numbers, words);
    const pid_t child = fork();
    if (child < 0)
        fail("%s: %s", words[0], strerror(errno));
    if (child == 0)
        become(words, paper_path(r->paper, "%s.log", piece->name));
    const int status = await(child, g);
    stage.stage = WHOLE_PROGRAM;
    paper_end(&stage);
    return status;
}

/* ---- all of them ---- */

/* How fast this machine is beside the one that the seconds of pieces are from. Begins as if a
 * minute had gone as expected: a piece of a second says little. */
struct pace {
    double took, expected;
};
static const struct pace usual = {60, 60};

bool is_done(const struct paper *p, const struct piece *piece) {
    return access(paper_path(p, "%s.csv", piece->name), F_OK) == 0;
}

static bool has_to_run(const struct runner *r, size_t i) {
    return r->chosen[i] && !is_done(r->paper, &pieces[i]) && is_built(r->programs, &pieces[i]);
}

bool has_work(const struct runner *r) {
    for (size_t i = 0; i < PIECES; i++)
        if (has_to_run(r, i))
            return true;
    return false;
}

static double usual_seconds(const struct runner *r, size_t i) {
    return r->paper->quick ? pieces[i].quick_seconds : pieces[i].seconds;
}

/* Expected seconds of what has still to run behind piece i. */
static double seconds_behind(const struct runner *r, size_t i, const struct pace *pace) {
    double seconds = 0;
    while (++i < PIECES)
        seconds += has_to_run(r, i) ? usual_seconds(r, i) : 0;
    return seconds * pace->took / pace->expected;
}

/* Says why there are no results, if so; whether there are. */
static bool say_end(const struct runner *r, const struct piece *piece, int status) {
    const bool done = is_done(r->paper, piece);
    if (status == 0 && done)
        return true;
    printf(", ended with status %d%s: see %s", status, status ? "" : " but without results",
           paper_path(r->paper, "%s.log", piece->name));
    return false;
}

/* Runs a piece and says so; whether there are results. */
static bool make(const struct runner *r, size_t i, struct pace *pace) {
    struct progress g = {.piece = i,
                         .began = time_now(),
                         .expected = usual_seconds(r, i) * pace->took / pace->expected,
                         .behind = seconds_behind(r, i, pace)};
    say_begin(&g);
    fflush(stdout);
    const int status = run_piece(r, &g);
    const double seconds = time_now() - g.began;
    if (isatty(STDOUT_FILENO))
        say_again(&g);
    if (status == STOPPED) {
        puts("stopped; the same command goes on from there");
        exit(STOPPED);
    }
    pace->took += seconds;
    pace->expected += usual_seconds(r, i);
    printf("%.0f s", seconds);
    const bool well = say_end(r, &pieces[i], status);
    say_left(seconds_behind(r, i, pace));
    puts("");
    return well;
}

bool run_pieces(const struct runner *r) {
    const struct sigaction end = {.sa_handler = on_signal}, tick = {.sa_handler = on_alarm};
    struct pace pace = usual;
    bool well = true;
    sigaction(SIGINT, &end, NULL);
    sigaction(SIGTERM, &end, NULL);
    sigaction(SIGALRM, &tick, NULL);
    signal(SIGCHLD, SIG_DFL); /* were it ignored, nobody could be waited for */
    for (size_t i = 0; i < PIECES; i++) {
        if (!r->chosen[i])
            continue;
        if (has_to_run(r, i)) {
            well = make(r, i, &pace) && well;
            continue;
        }
        const bool done = is_done(r->paper, &pieces[i]);
        printf("[%zu/%d] %s ... %s\n", i + 1, PIECES, pieces[i].name,
               done ? "there already" : "not built");
        well = well && done;
    }
    return well;
}
