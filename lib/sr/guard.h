/* SPDX-License-Identifier: MIT */
/** @file guard.h What a formula does beside the data: poles, and values out of all proportion. */
#ifndef L2OSR_SR_GUARD_H
#define L2OSR_SR_GUARD_H

#include "sr/score.h"

/** Where to look. */
typedef enum l2osr__region {
    L2OSR__REGION_QUICK, /* the same as near, at some of the rows */
    L2OSR__REGION_NEAR, /* at the rows, and with each column stretched, the more the longer its tail
                         */
    L2OSR__REGION_WIDE  /* with each column for itself within three deviations of its mean */
} l2osr__region;

typedef enum l2osr__risk {
    L2OSR__RISK_NONE,
    L2OSR__RISK_POLE,    /* a denominator has both signs */
    L2OSR__RISK_OVERFLOW /* a value is not finite, or far outside of the target's range */
} l2osr__risk;

l2osr__risk l2osr__guard(l2osr__scorer *scorer, const l2osr__tree *tree, l2osr__region region);

#endif
