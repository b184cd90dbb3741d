/* SPDX-License-Identifier: MIT */
/**
 * @file study.h
 * Optimizers under study. Whatever several figures need of one is made once, and kept in OUT/cache:
 * trained models, fronts of formulas, losses.
 */
#ifndef EXAMPLES_PAPER_STUDY_H
#define EXAMPLES_PAPER_STUDY_H

#include "paper.h"

/** A problem: half of its images to train and to search on, and half held out. */
struct problem {
    const char *name; /* "P1", "P2" or "P3" */
    struct tasks tasks;
};

struct problem open_problem(struct paper *p, const char *name);
void close_problem(struct problem *problem);

/** A numerical model of recipes.h, or a rule by hand. */
struct subject {
    const char *name;
    const struct problem *problem;
    l2osr_model *model;   /* or NULL, when it is a */
    l2osr_rule *rule;     /* by hand, of which the input is g */
    l2osr_samples *train; /* what it does, for all its searches; NULL before the first */
};

/**
 * Opens an optimizer: "DM", "DM+CL+IL", "RP", "RP+CL+IL", "RP_s", "RP_si", trained on a problem the
 * first time; or by hand: "SGD", "momentum(0.5)", "Adam(0.9,0.9)".
 * @param trained where a model was trained, which may be another problem than the one it is for
 */
struct subject open_subject(struct paper *p, const struct problem *problem,
                            const struct problem *trained, const char *name);
void close_subject(struct subject *s);

/** The model of that name as it is before training. */
l2osr_model *untrained_model(struct paper *p, const char *name);

/** What it does on the half that formulas are searched on, or on the one held out: inputs and
 * update of some coordinates. Of rules by hand only steps that have 20 gradients count, the latest
 * of which is not 0. */
l2osr_samples *collect(struct paper *p, const struct subject *s, bool held_out);

/** How many independent searches there are for a formula. */
size_t study_searches(const struct paper *p);

/** The front of search `run`, from 0 on, which is made the first time. */
l2osr_front *open_front(struct paper *p, struct subject *s, size_t run);

/** R2 on samples of the formulas that the searches recommend: mean and deviation over these. */
l2osr_spread study_fit(struct paper *p, struct subject *s, const l2osr_samples *samples);

/** The equation distilled: of the formulas that the searches recommend the best on what they kept
 * apart. In static storage until the next call. */
const char *distilled_equation(struct paper *p, struct subject *s);

/** The rule that the equation makes of a model's features. */
l2osr_rule *distilled_rule(struct paper *p, struct subject *s);

/** A model trained on a problem, what it does on the half held out, and all formulas of all
 * searches, measured on that. */
struct studied {
    struct subject subject;
    l2osr_samples *held_out;
    l2osr_complexity *complexity;
};

struct studied open_studied(struct paper *p, const struct problem *problem, const char *name);
void close_studied(struct studied *studied);

/** Mapping complexity: nodes of the simplest formulas that fit nearly as well as the best. */
l2osr_spread studied_nodes(const struct studied *studied);

/**
 * What the losses of optimizers come to on the half held out: losses[n], of the minibatches before
 * step 600. Kept under the name of the comparison.
 */
void study_losses(struct paper *p, const struct problem *problem, const char *name,
                  const l2osr_entry *entries, size_t n, l2osr_spread *losses);

#endif
