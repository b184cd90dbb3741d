/* SPDX-License-Identifier: MIT */
/**
 * @file baselines.h
 * Tuned rules among optimizers whose step size was chosen for the network at hand, on images and
 * networks that the rules were not tuned on. What they come to are files in OUT/cache, which Fig. 2
 * and the table of the tuned rule share.
 */
#ifndef EXAMPLES_PAPER_BASELINES_H
#define EXAMPLES_PAPER_BASELINES_H

#include "paper.h"

enum { OPTIMIZERS = 10, MOST_POINTS = 16 };

/** The rule of RULES/finetuned.rule first: tuned.rule, tuned on MLPs, with the step size that suits
 * a residual network of half the channels; neither has a knob here. Those with "+cos" fall to a
 * step size of 0 by half a cosine: Nesterov only so, RMSProp only with a constant one. */
extern const char *const optimizer_names[OPTIMIZERS];

/** What is trained, and for how long. */
struct arena {
    const char *network; /* a task of examples/common */
    bool cifar;          /* on the images of --cifar */
    char title[100];     /* such as "cnn on Fashion-MNIST" */
    struct tasks tasks;
    size_t epoch, steps; /* steps of one epoch and of a run */
    size_t every;        /* steps from one accuracy to the next */
    size_t seeds;
};

/**
 * Opens "resnet", or its half with --quick, or another network by its name. Minibatches of 128 of
 * the images held out: those of --data, or with `cifar` those of --cifar. close_arena().
 */
struct arena open_arena(struct paper *p, const char *network, bool cifar);
void close_arena(struct arena *arena);

/** What an optimizer came to: means and deviations over the seeds; NAN: there is but one. Its file
 * has the columns epoch,loss_mean,loss_deviation,accuracy_mean,accuracy_deviation,lr. */
struct outcome {
    char csv[1024]; /* path of the file */
    double lr;      /* the step size */
    size_t n;
    struct {
        double epoch;
        l2osr_spread loss, accuracy; /* of the 20 minibatches before; on test images */
    } points[MOST_POINTS];           /* [n], the last one at the end */
};

/**
 * Runs an optimizer unless its file is there. All but the tuned rules have the step size, of 1 and
 * 3 times the powers of ten from 1e-4 to 10, that has the lowest loss at the end of a run as long
 * as those reported, from another start and on other minibatches. Four are tried from a usual one
 * on, and more until both neighbours of the best are worse; with --quick two.
 */
struct outcome measure(struct paper *p, const struct arena *arena, size_t optimizer);

/** Prints outcomes[OPTIMIZERS] at their end as a table. */
void print_outcomes(const struct arena *arena, const struct outcome *outcomes);

/** The end of an outcome. */
l2osr_spread final_loss(const struct outcome *outcome);
l2osr_spread final_accuracy(const struct outcome *outcome);

#endif
