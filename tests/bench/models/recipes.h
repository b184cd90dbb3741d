/* SPDX-License-Identifier: MIT */
/** @file recipes.h How the models of bench_models are trained. */
#ifndef TESTS_BENCH_MODELS_RECIPES_H
#define TESTS_BENCH_MODELS_RECIPES_H

#include "l2osr.h"

enum { COLUMNS = 2 /* steps at which losses are measured: 200 and 600 */ };

struct recipe {
    const char *name, *preset;
    const char *teacher;        /* a rule as the examples read it; NULL: the library's default */
    size_t seconds;             /* of training, at most */
    double goals[COLUMNS];      /* what the losses should not exceed; 0: no goal */
    l2osr_meta_options options; /* without struct_size, seed and teacher */
};

extern const struct recipe recipes[];
extern const size_t recipe_count;

#endif
