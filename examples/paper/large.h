/* SPDX-License-Identifier: MIT */
/** @file large.h The large networks of the paper's figure, which need libtorch. */
#ifndef EXAMPLES_PAPER_LARGE_H
#define EXAMPLES_PAPER_LARGE_H

#include "paper.h"

/**
 * Trains ResNet-18, ResNet-50 and MobileNetV2 for a few steps with the tuned rule and, beside it,
 * with torch's Adam: the losses are OUT/fig2_comparison_NET.csv. Says so where the adapter for
 * libtorch was not built, and does nothing.
 * @param program argv[0]: the adapter's programs are looked for in ../adapters/libtorch beside it
 */
void train_large_networks(struct paper *p, const char *program);

#endif
