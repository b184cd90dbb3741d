/* SPDX-License-Identifier: MIT */
/** @file large.h The large networks of the paper's figure, which need libtorch. */
#ifndef EXAMPLES_PAPER_LARGE_H
#define EXAMPLES_PAPER_LARGE_H

#include "paper.h"

/**
 * Trains ResNet-18, ResNet-50 and MobileNetV2 for a few steps with the fine-tuned rule and, beside
 * it, with torch's Adam at one step size, on images that are not held out: the rules were tuned on
 * those of Fashion-MNIST. The losses are OUT/fig2_comparison_NET.csv and
 * OUT/fig2_comparison_large.svg. Where the adapter for libtorch was not built it says so, and does
 * nothing.
 * @param program argv[0]: the adapter's programs are looked for in ../adapters/libtorch beside it
 */
void train_large_networks(struct paper *p, const char *program);

#endif
