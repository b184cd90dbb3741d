/* SPDX-License-Identifier: MIT */
/** @file architecture.h What a model is, apart from its weights: from options, and as text. */
#ifndef L2OSR_MODEL_ARCHITECTURE_H
#define L2OSR_MODEL_ARCHITECTURE_H

#include "base/text.h"
#include "expr/expr.h"
#include "l2osr/model.h"
#include "model/network.h"

enum { L2OSR__MAX_FEATURES = 32, L2OSR__MAX_GROUPS = 65536 };

typedef struct l2osr__architecture {
    char preset[L2OSR__NAME_SIZE]; /* that it started from */
    char inputs[L2OSR__MAX_FEATURES][L2OSR__NAME_SIZE];
    l2osr__shape shape;
    size_t groups; /* with step sizes of their own; 0: there are none */
    char *prelude; /* what defines the inputs, as lines of a rule file; owned */
} l2osr__architecture;

/** A named architecture whose features all come from the catalogue. */
typedef struct l2osr__preset {
    const char *name;
    l2osr__shape shape; /* but for the number of features */
    const char *inputs;
} l2osr__preset;

/** Finds an architecture; #L2OSR_ENOTFOUND lists those there are. */
l2osr_status l2osr__preset_find(l2osr_context *ctx, const char *name, const l2osr__preset **out);

/** What options mean. Clear it also after a failure. */
l2osr_status l2osr__architecture_create(l2osr__architecture *out, l2osr_context *ctx,
                                        const l2osr_model_options *options);
void l2osr__architecture_clear(l2osr__architecture *architecture, l2osr_context *ctx);

/** #L2OSR_ERANGE unless all sizes are possible ones. */
l2osr_status l2osr__architecture_check(const l2osr__architecture *architecture, l2osr_context *ctx);

/** Writes it as lines of text: see doc/formats.md. */
void l2osr__architecture_write(const l2osr__architecture *architecture, l2osr__text *text);

/** Reads such lines; the definitions of the inputs are not looked at. Nothing is to be cleared
 * after a failure. */
l2osr_status l2osr__architecture_read(l2osr__architecture *out, l2osr_context *ctx,
                                      const char *text);

/**
 * Chooses the inputs of a network, names separated by blanks, from the catalogue and from `own`
 * (lines of lets, or NULL): writes their names, number and definitions.
 */
l2osr_status l2osr__catalogue_choose(l2osr__architecture *architecture, l2osr_context *ctx,
                                     const char *inputs, const char *own);

/** What definitions begin with. */
#define L2OSR__PRELUDE_HEADER "l2osr-rule 1\n"

#endif
