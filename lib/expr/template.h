/* SPDX-License-Identifier: MIT */
/** @file template.h Texts with places for operands: LaTeX and the exports of the operator table. */
#ifndef L2OSR_EXPR_TEMPLATE_H
#define L2OSR_EXPR_TEMPLATE_H

#include "base/text.h"

/** What goes into the places. */
typedef struct l2osr__filling {
    const char *operands[4]; /* for %s in order, for %1$s ... %4$s by number */
    const char *suffix;      /* for @; NULL: it stands for itself */
    const char *real;        /* for the word REAL; NULL: it stands for itself */
} l2osr__filling;

/** Appends the template with its places filled; %% is a percent sign. */
void l2osr__template_fill(l2osr__text *text, const char *template, const l2osr__filling *filling);

#endif
