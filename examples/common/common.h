/* SPDX-License-Identifier: MIT */
/** @file common.h What the examples share: command lines, a session with progress and Ctrl-C,
 * images, plots. */
#ifndef EXAMPLES_COMMON_H
#define EXAMPLES_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

#include "l2osr.h"

/* ---- command line ---- */

/** One option: --NAME VALUE, or --NAME alone for a bool. */
struct flag {
    const char *name;
    enum { FLAG_BOOL, FLAG_TEXT, FLAG_COUNT, FLAG_NUMBER } kind;
    void *value; /* bool, const char *, size_t or double; holds the default */
    const char *help;
};

/**
 * Reads the command line. Prints help and exits 0 for --help; prints one line and exits 2 for wrong
 * use.
 * @param about      one paragraph for --help
 * @param positional what the words without -- are called in the usage line; NULL for none
 * @param words      receives those words (at most `max_words`); returns their number
 */
size_t read_flags(int argc, char **argv, const char *about, const struct flag *flags, size_t n,
                  const char *positional, const char **words, size_t max_words);

/** Reads numbers with commas between them, at most `max`; exits 2 with a line that names --FLAG
 * otherwise. */
size_t read_numbers(const char *flag, const char *text, double *numbers, size_t max);

/** The same of whole numbers. */
size_t read_counts(const char *flag, const char *text, size_t *counts, size_t max);

enum { LONGEST_WORD = 256 };

/** Copies what is before the next comma of *list, and moves on; false at the end. */
bool next_word(const char *flag, const char **list, char word[LONGEST_WORD]);

/** Number of `word` in a list with blanks between; exits with a line that names --FLAG when it is
 * none of them. */
int choose_word(const char *flag, const char *word, const char *list);

/* ---- session ---- */

/** A context that shows progress on a terminal and that Ctrl-C cancels. `threads` 0: one per
 * processor. */
l2osr_context *open_session(size_t threads, size_t seed);

/** Exits with status 1 and one line "program: message" unless `status` is L2OSR_OK. */
void must(l2osr_context *ctx, l2osr_status status);

/** must(), but true when the work was canceled: what is done is kept, the rest is left out. */
bool stopped(l2osr_context *ctx, l2osr_status status);

/** The first warning of the library since open_session(); "" when there was none. */
const char *first_warning(void);

/** Exits with status 1 and one formatted line. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/** Seconds of a clock that only runs forwards. */
double time_now(void);

/** Makes a folder and those above it; exits with status 1 when that is impossible. */
void make_folder(const char *path);

/** Exits with status 1 unless a file can be made there: before the work whose result would be lost.
 */
void check_output(const char *path);

/**
 * Opens a file that appears under its name once end_output() has closed it: a program that ends
 * before that leaves what was there. Both exit with status 1 when it cannot be written.
 */
FILE *begin_output(const char *path);
void end_output(FILE *file, const char *path);

/** folder/name, in static storage: valid until sixteen further calls. */
const char *path_in(const char *folder, const char *name);

/* ---- images ---- */

/** Images to train on, others held out, and some to test what was trained on those held out. */
struct images {
    const char *name; /* "Fashion-MNIST", "synthetic digits" ... */
    l2osr_dataset *train, *held_out, *test;
    l2osr_dataset *all_test; /* of which `test` is a part that is large enough to be told often */
};

/**
 * Loads Fashion-MNIST or MNIST files (train-images-idx3-ubyte[.gz] and so on) from `folder`; NULL
 * looks into /usr/share/datasets/fashion-mnist and falls back to synthetic digits. Split as in the
 * reference: into halves.
 */
struct images load_images(l2osr_context *ctx, const char *folder);

/** What load_images() takes without a folder: "Fashion-MNIST" or "synthetic digits". */
const char *usual_images(void);

/**
 * Loads CIFAR-10 (data_batch_1.bin[.gz] to data_batch_5.bin[.gz] and test_batch.bin[.gz]) or
 * CIFAR-100 (train.bin[.gz] and test.bin[.gz], fine labels), whichever `folder` holds. Split as
 * CIFAR-10 is in the reference: the even classes to train on, the odd ones held out.
 */
struct images load_cifar(l2osr_context *ctx, const char *folder);
void free_images(struct images *images);

/* ---- tasks ---- */

/** What the command line says about the task. */
struct task_choice {
    const char *name; /* one of --list-tasks */
    const char *data, *cifar;
    size_t batch; /* 0: the task's own */
    bool list;
};

/** The flags of a `struct task_choice *`, for the list of a program's flags. */
#define TASK_FLAGS(choice)                                                                         \
    {"task", FLAG_TEXT, &(choice)->name, "what to train: one of --list-tasks"},                    \
        {"list-tasks", FLAG_BOOL, &(choice)->list, "list them and end"},                           \
        {"batch", FLAG_COUNT, &(choice)->batch, "images of a minibatch; 0: the task's own"},       \
        {"data", FLAG_TEXT, &(choice)->data, "folder with MNIST-like IDX files"}, {                \
        "cifar", FLAG_TEXT, &(choice)->cifar,                                                      \
            "folder with .bin files of CIFAR-10 or CIFAR-100 instead"                              \
    }

/** A task twice: to train an optimizer on, and held out to see how good it is. */
struct tasks {
    char title[100]; /* such as "mlp on Fashion-MNIST, 24380 parameters" */
    l2osr_task *train, *held_out;
    struct images images; /* what they are made of; all NULL for those of functions */
};

/** Makes the task that was chosen; ends the program after --list-tasks, and with status 1 for
 * unknown ones. */
struct tasks open_tasks(l2osr_context *ctx, const struct task_choice *choice);
void close_tasks(struct tasks *tasks);

enum { MOST_TASKS = 8 };

/** Several tasks, and how often each is drawn. */
struct mixture {
    size_t n;
    struct tasks tasks[MOST_TASKS];
    l2osr_meta_task train[MOST_TASKS];
};

/** Makes the tasks of a list such as "mlp,mlp20:0.5" instead of choice->name, and prints their
 * titles; exits with status 1 and a line that names --FLAG for anything else. */
void open_mixture(struct mixture *mixture, l2osr_context *ctx, const struct task_choice *choice,
                  const char *flag, const char *names);
void close_mixture(struct mixture *mixture);

/** One of the tasks with images, made of other ones than open_tasks() would take. Ends the program
 * with status 1 when there is none of that name. */
l2osr_task *open_image_task(l2osr_context *ctx, const char *name, const l2osr_dataset *set,
                            const l2osr_dataset *test);

/* ---- optimizers ---- */

/** What the command line says about a model. */
struct model_choice {
    const char *preset, *inputs, *features, *hidden, *output;
    size_t pre;
    bool no_pre, groups;
    const char *from, *import;
};

/** The flags of a `struct model_choice *`, for the list of a program's flags. */
#define MODEL_FLAGS(choice)                                                                        \
    {"model", FLAG_TEXT, &(choice)->preset, "architecture: rp_s, rp, rp_si, dm and others"},       \
        {"inputs", FLAG_TEXT, &(choice)->inputs, "its features instead, as in 'mt gt mom5'"},      \
        {"features", FLAG_TEXT, &(choice)->features,                                               \
         "file with `let` lines of your own features"},                                            \
        {"pre", FLAG_COUNT, &(choice)->pre, "outputs of its linear layer; 0: as it has"},          \
        {"no-pre", FLAG_BOOL, &(choice)->no_pre, "no linear layer before the LSTM"},               \
        {"hidden", FLAG_TEXT, &(choice)->hidden, "sizes of its LSTM layers, as in 20,20"},         \
        {"output", FLAG_TEXT, &(choice)->output, "tanh, linear, or scaled: 0.1 tanh(s z)"},        \
        {"groups", FLAG_BOOL, &(choice)->groups, "a step size for each group of the task"},        \
        {"from", FLAG_TEXT, &(choice)->from, "model file to go on from, instead"}, {               \
        "import", FLAG_TEXT, &(choice)->import, ".npz file with its weights, as of torch"          \
    }

/** Makes or loads the model that was chosen, to be trained on `task`. */
l2osr_model *open_model(l2osr_context *ctx, const struct model_choice *choice,
                        const l2osr_task *task);

/**
 * Opens a rule: the name of a file, of a built-in rule, or the rule itself as one types it. In that
 * ';' ends a line, and the first line and `update =` may be left out.
 */
l2osr_rule *open_rule(l2osr_context *ctx, const char *word);

/** A rule times half a cosine, from 1 before the first of `steps` to 0 behind the last. */
l2osr_rule *decay_rule(l2osr_context *ctx, const l2osr_rule *rule, const char *name, size_t steps);

/* ---- comparisons ---- */

enum { CLASSICS = 4 /* Adam, RMSProp, momentum, SGD */ };
enum {
    MAX_OPTIMIZERS = 16,
    MAX_COLUMNS = 8,
    MAX_LRS = 73 /* three for each of 24 powers of ten, and the last */
};

/** One line of a comparison: an optimizer, and what it came to. */
struct contestant {
    const char *name;
    l2osr_rule *rule;   /* or NULL, when it is a */
    l2osr_model *model; /* that steps */
    size_t n_lrs;       /* 0: the default alone */
    double lrs[MAX_LRS];

    l2osr_spread loss[MAX_COLUMNS];
    double lr[MAX_COLUMNS]; /* that gave this loss */
    l2osr_spread metric;    /* in the end, with the last of them */
    double nanoseconds;     /* of a step, per parameter */
    size_t state_bytes;     /* per parameter */
};

/** Which runs, and at which steps their losses are reported: the last of them ends the runs. */
struct comparison {
    size_t columns, at[MAX_COLUMNS];
    size_t seeds;
};

/** The classics, at five step sizes each, as lines[CLASSICS]. */
void open_classics(l2osr_context *ctx, struct contestant *lines);
void close_classics(struct contestant *lines);

/**
 * Fills in the lines. Each optimizer gets the step sizes that suit it best for each column, chosen
 * on the very runs that are reported: nobody can say that it was tuned badly.
 * @param best receives the curves that are best in the end; free with l2osr_curves_free()
 * @return whether it was stopped
 */
bool compare_optimizers(l2osr_context *ctx, l2osr_task *task, const struct comparison *c,
                        struct contestant *lines, size_t n, l2osr_curves **best);

/** Prints the lines as a table. */
void print_table(const l2osr_task *task, const struct comparison *c, const struct contestant *lines,
                 size_t n);

/** Writes them as CSV. */
void write_table(const l2osr_task *task, const struct comparison *c, const struct contestant *lines,
                 size_t n, const char *path);

/** Writes a .csv file, and an .svg file beside it where gnuplot is, and says so. */
void write_curves(l2osr_context *ctx, const l2osr_curves *curves, const struct contestant *lines,
                  const char *title, const char *csv);

/* ---- plots ---- */

/** Colour `i` from 1 of all pictures, as in "#0072b2". The first is black; after 8 of them they
 * come again. */
const char *plot_colour(int i);

/**
 * Draws the curves of a CSV written by l2osr_curves_save() with deviation bands into an SVG, if
 * gnuplot is there.
 * @return whether a picture was made
 */
bool plot_curves(const char *csv, const char *svg, const char *title, const char *const *names,
                 size_t n);

/**
 * Draws R2 on the rows searched and on those held out against complexity, from a CSV with the
 * columns complexity,mse,r2_train,r2_test, if gnuplot is there.
 * @return whether a picture was made
 */
bool plot_front(const char *csv, const char *svg, const char *title);

enum plot_style { PLOT_LINE, PLOT_DASHED, PLOT_MARKERS };

/** One line of plot_lines(): columns of a CSV, by their names in its first row. */
struct plot_line {
    const char *name; /* in the key; NULL: it is not there */
    const char *csv, *x, *y;
    const char *deviation; /* how far a band reaches up and down from y; NULL: there is none */
    enum plot_style style;
    int colour; /* of the palette, 1 is black; 0: as the line comes among the others */
};

/** What lies around the lines. */
struct plot {
    const char *title, *x, *y; /* the last two along the axes */
    const char *key; /* where it is, as gnuplot says it: "bottom left"; NULL: "top right" */
    double tics;     /* from one to the next along x, in a narrow plot; 0: as gnuplot likes */
};

/**
 * Draws lines into one SVG, the later ones on top, if gnuplot is there. Cells that are empty or NaN
 * are gaps.
 * @return whether a picture was made
 */
bool plot_lines(const char *svg, const struct plot *plot, const struct plot_line *lines, size_t n);

/** A plot among others in one picture. */
struct panel {
    struct plot plot;
    const struct plot_line *lines;
    size_t n;
};

/** Draws plots row by row into one SVG, if gnuplot is there; returns as plot_lines(). */
bool plot_panels(const char *svg, const struct panel *panels, size_t n, size_t columns);

/** A rule to be drawn: its update, `let`s by name. */
struct tree_of {
    const char *caption;
    const l2osr_rule *rule;
};

/** Draws rules as trees, side by side and in as many rows as they need, into one SVG. Numbers
 * have three digits there. */
void draw_trees(l2osr_context *ctx, const char *svg, const struct tree_of *rules, size_t n);

#endif
