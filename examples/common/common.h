/* SPDX-License-Identifier: MIT */
/** @file common.h What the examples share: command lines, a session with progress and Ctrl-C, images, plots. */
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
 * Reads the command line. Prints help and exits 0 for --help; prints one line and exits 2 for wrong use.
 * @param about      one paragraph for --help
 * @param positional what the words without -- are called in the usage line; NULL for none
 * @param words      receives those words (at most `max_words`); returns their number
 */
size_t read_flags(int argc, char **argv, const char *about, const struct flag *flags, size_t n,
                  const char *positional, const char **words, size_t max_words);

/* ---- session ---- */

/** A context that shows progress on a terminal and that Ctrl-C cancels. `threads` 0: one per processor. */
l2osr_context *open_session(size_t threads, size_t seed);

/** Exits with status 1 and one line "program: message" unless `status` is L2OSR_OK. */
void must(l2osr_context *ctx, l2osr_status status);

/** must(), but true when the work was canceled: what is done is kept, the rest is left out. */
bool stopped(l2osr_context *ctx, l2osr_status status);

/** Exits with status 1 and one formatted line. */
void fail(const char *format, ...) __attribute__((format(printf, 1, 2), noreturn));

/** Makes a folder and those above it; exits with status 1 when that is impossible. */
void make_folder(const char *path);

/** Exits with status 1 unless a file can be made there: before the work whose result would be lost. */
void check_output(const char *path);

/**
 * Opens a file that appears under its name once end_output() has closed it: a program that ends
 * before that leaves what was there. Both exit with status 1 when it cannot be written.
 */
FILE *begin_output(const char *path);
void end_output(FILE *file, const char *path);

/** folder/name, in static storage: valid until eight further calls. */
const char *path_in(const char *folder, const char *name);

/* ---- images ---- */

/** Images split as in the reference: one half to train on, one held out, and some to test. */
struct images {
    const char *name; /* "fashion-mnist", "synthetic digits" ... */
    l2osr_dataset *train, *held_out, *test;
};

/**
 * Loads Fashion-MNIST or MNIST files (train-images-idx3-ubyte[.gz] and so on) from `folder`; NULL looks into
 * /usr/share/datasets/fashion-mnist and falls back to synthetic digits.
 */
struct images load_images(l2osr_context *ctx, const char *folder);
void free_images(struct images *images);

/** The task of the reference, MLP pixels-30-20-classes with ReLU and batches of 128, on `set`. */
l2osr_task *mlp_task(l2osr_context *ctx, const l2osr_dataset *set, const l2osr_dataset *test);

/* ---- comparisons ---- */

enum { MAX_ENTRIES = 16 };

/** Sets entry->lr to the step size of a usual grid with the lowest loss after `steps`. */
l2osr_status find_step_size(l2osr_context *ctx, l2osr_task *task, l2osr_entry *entry, size_t steps);

/** Prints a line an optimizer: step size, loss and accuracy. */
void print_table(const l2osr_curves *curves, size_t n, const l2osr_entry *entries, size_t steps);

/** Writes curves.csv, and curves.svg where gnuplot is, into a folder; at most MAX_ENTRIES. */
void write_curves(l2osr_context *ctx, const l2osr_curves *curves, size_t n,
                  const l2osr_entry *entries, const char *folder);

/* ---- plots ---- */

/**
 * Draws the curves of a CSV written by l2osr_curves_save() with deviation bands into an SVG, if gnuplot is there.
 * @return whether a picture was made
 */
bool plot_curves(const char *csv, const char *svg, const char *title, const char *const *names,
                 size_t n);

/**
 * Draws R2 on the rows searched and on those held out against complexity, from a CSV with the columns
 * complexity,mse,r2_train,r2_test, if gnuplot is there.
 * @return whether a picture was made
 */
bool plot_front(const char *csv, const char *svg, const char *title);

#endif
