/* SPDX-License-Identifier: MIT */
/** @file networks.hpp Convolutional networks for images, of torch's modules. */
#ifndef L2OSR_ADAPTERS_NETWORKS_HPP
#define L2OSR_ADAPTERS_NETWORKS_HPP

#include <torch/nn/modules/container/sequential.h>

namespace l2osr::torch {

/** How a network begins: as published for ImageNet, or without the first reductions in size, which
 * images of some 32x32 pixels are too small for. */
enum class Stem { imagenet, small };

/** Images [batch][channels][rows][cols] in, scores [batch][classes] out. */
struct Shape {
    int64_t channels = 3, classes = 10;
    Stem stem = Stem::small;
};

/**
 * ResNet-18 and ResNet-50 of He et al., "Deep Residual Learning for Image Recognition" (CVPR 2016).
 * The blocks of three convolutions reduce the size in the second one. With 3 channels, 1000 classes
 * and Stem::imagenet they have 11,689,512 and 25,557,032 parameters. Stem::small: a 3x3 convolution
 * at full size, no pooling.
 */
::torch::nn::Sequential resnet18(const Shape &shape);
::torch::nn::Sequential resnet50(const Shape &shape);

/**
 * MobileNetV2 of Sandler et al., "MobileNetV2: Inverted Residuals and Linear Bottlenecks" (CVPR
 * 2018), of width 1, with dropout before the last layer: 3,504,872 parameters with 3 channels, 1000
 * classes and Stem::imagenet. Stem::small: the first convolution and the first stage that would
 * halve the size keep it.
 */
::torch::nn::Sequential mobilenetv2(const Shape &shape);

/** Three convolutions that halve the size and BatchNorm: for trials that take seconds. */
::torch::nn::Sequential small_network(const Shape &shape);

/** Number of parameters. */
int64_t size_of(const ::torch::nn::Sequential &net);

} // namespace l2osr::torch

#endif
