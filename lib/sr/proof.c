/* SPDX-License-Identifier: MIT */
#include "sr/proof.h"

#include <math.h>

#include "sr/fit.h"
#include "sr/guard.h"

/* A part of the variance that only the right formula leaves. */
static const double EXACT = 1e-3;

bool l2osr__proof_exact(const l2osr__scorer *s, double mse) {
    return mse <= EXACT * l2osr__scorer_variance(s);
}

double l2osr__proof(l2osr__scorer *s, const l2osr__tree *tree, double mse, double limit) {
    const bool apart = s->table->held > 0;
    const double held = apart ? l2osr__score_held(s, tree) : mse;
    if (!(0.5 * (mse + held) < limit))
        return INFINITY;
    if (!l2osr__proof_exact(s, mse) &&
        l2osr__guard(s, tree, L2OSR__REGION_NEAR) != L2OSR__RISK_NONE)
        return INFINITY;
    const double cross = l2osr__fit_cross(s, tree);
    const double error = cross > mse && cross < INFINITY ? cross : mse;
    return 0.5 * (error + (apart ? held : error));
}
