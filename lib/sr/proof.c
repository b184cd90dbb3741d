/* SPDX-License-Identifier: MIT */
#include "sr/proof.h"

#include <math.h>

#include "sr/fit.h"
#include "sr/guard.h"

/* A part of the variance that only the right formula leaves: one whose poles are those of the data.
 */
static const double EXACT = 1e-3;

double l2osr__proof(l2osr__scorer *s, const l2osr__tree *tree, double mse, double limit) {
    const bool apart = s->table->held > 0;
    const double held = apart ? l2osr__score_held(s, tree) : mse;
    if (!(0.5 * (mse + held) < limit))
        return INFINITY;
    if (mse > EXACT * l2osr__scorer_variance(s) &&
        l2osr__guard(s, tree, L2OSR__REGION_NEAR) != L2OSR__RISK_NONE)
        return INFINITY;
    const double cross = l2osr__fit_cross(s, tree);
    const double error = cross > mse && cross < INFINITY ? cross : mse;
    return 0.5 * (error + (apart ? held : error));
}
