/* SPDX-License-Identifier: MIT */
/* Symbolic regression: what it finds, how soon, and how fast formulas are evaluated. */
#include "sr/sr.h"

int main(int argc, char **argv) {
    bool sanity = false, paper = false, windows = false, feynman = false, speed = false,
         ablation = false;
    const struct bench_flag flags[] = {
        {"sanity", "functions of 20 lags, found again", &sanity},
        {"paper", "the paper's data, beside PySR's fronts", &paper},
        {"windows", "lags of an RP_s", &windows},
        {"feynman", "formulas of the Feynman lectures", &feynman},
        {"speed", "evaluation, derivatives, candidates a second", &speed},
        {"ablation", "searches with one thing changed; only if asked for", &ablation},
        {0},
    };
    int status;
    struct bench *bench = bench_start(
        argc, argv,
        "Symbolic regression: all of the following but the last, or those that are named.", flags,
        &status);
    if (!bench)
        return status;
    const bool all = !(sanity || paper || windows || feynman || speed || ablation);
    if (all || sanity)
        bench_sanity(bench);
    if (all || paper)
        bench_paper(bench);
    if (all || windows)
        bench_windows(bench);
    if (all || feynman)
        bench_feynman(bench);
    if (all || speed)
        bench_speed(bench);
    if (ablation)
        bench_ablation(bench);
    return bench_finish(bench);
}
