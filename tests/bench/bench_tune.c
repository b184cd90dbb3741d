/* SPDX-License-Identifier: MIT */
/* Speed and memory of the first-order meta-gradient of rules. */
#include "peak.h"
#include "tune/tune.h"

int main(int argc, char **argv) {
    bool gradient = false, large = false;
    const struct bench_flag flags[] = {
        {"gradient", "a window's derivatives beside its steps (also without flags)", &gradient},
        {"large", "a meta-step on 25.6 million parameters (with --quick 1 million)", &large},
        {0}};
    int status;
    struct bench *bench =
        bench_start(argc, argv,
                    "Meta-tuning: derivatives of the loss of a window of 20 steps by the constants "
                    "of a rule.",
                    flags, &status);
    if (!bench)
        return status;
    single_threaded_blas();
    if (gradient || !large)
        bench_gradient(bench);
    if (large)
        bench_large_tuning(bench);
    return bench_finish(bench);
}
