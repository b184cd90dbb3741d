/* SPDX-License-Identifier: MIT */
/* Speed and memory of meta-training. */
#include "meta/meta.h"
#include "peak.h"

int main(int argc, char **argv) {
    static const struct subject subjects[] = {{"rp_s", 285, 10, 603},
                                              {"rp_si", 476, 10, 696},
                                              {"dm", 1470, 6, 1140},
                                              {"rp", 1260, 6, 1220}};
    const size_t count = sizeof subjects / sizeof subjects[0];
    bool large = false;
    const struct bench_flag flags[] = {
        {"large", "25 million parameters instead (with --quick 1 million)", &large}, {0}};
    int status;
    struct bench *bench =
        bench_start(argc, argv,
                    "Meta-training: a meta-step is 20 steps, one gradient more, the meta-gradient "
                    "and Adam. The\n"
                    "goals are a tenth or a sixth of PyTorch's time, and memory for the window's "
                    "gradients and\n"
                    "8 numbers more.",
                    flags, &status);
    if (!bench)
        return status;
    single_threaded_blas();
    if (large) {
        bench_large(bench);
    } else {
        bench_split(bench, subjects, count);
        bench_memory(bench, subjects, count);
    }
    return bench_finish(bench);
}
