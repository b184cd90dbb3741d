/* SPDX-License-Identifier: MIT */
/** @file recipes.h How the paper's numerical models are trained, here and in bench_models. */
#ifndef EXAMPLES_PAPER_RECIPES_H
#define EXAMPLES_PAPER_RECIPES_H

#include "l2osr.h"

enum { GOALS = 2 /* losses of which there are goals: at 200 and at 600 steps */ };

struct recipe {
    const char *name, *preset;
    const char *inputs, *features; /* in place of the preset's, as #l2osr_model_options; or NULL */
    const char *teacher;           /* a rule as the examples read it; NULL: the library's default */
    size_t seconds;                /* of training, at most */
    double goals[GOALS];           /* what the losses should not exceed; 0: no goal */
    l2osr_meta_options options;    /* without struct_size, seed and teacher */
};

extern const struct recipe recipes[];
extern const size_t recipe_count;

/** The model, before training. */
l2osr_model_options recipe_model(const struct recipe *recipe, uint64_t seed);

#endif
