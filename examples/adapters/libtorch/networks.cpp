/* SPDX-License-Identifier: MIT */
#include "networks.hpp"

#include <array>
#include <initializer_list>

#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>
#include <torch/nn/modules/pooling.h>

namespace l2osr::torch {

namespace nn = ::torch::nn;

namespace {

enum class After { nothing, relu, relu6 };

/* A convolution without bias that keeps the size, or divides it by the stride; BatchNorm; an
 * activation. */
struct Layer {
    int64_t in, out, kernel, stride = 1;
    After after = After::relu;
    int64_t groups = 1;
};

void add(nn::Sequential &net, const Layer &layer) {
    net->push_back(nn::Conv2d(nn::Conv2dOptions(layer.in, layer.out, layer.kernel)
                                  .stride(layer.stride)
                                  .padding(layer.kernel / 2)
                                  .groups(layer.groups)
                                  .bias(false)));
    net->push_back(nn::BatchNorm2d(layer.out));
    if (layer.after == After::relu)
        net->push_back(nn::ReLU(nn::ReLUOptions(true)));
    else if (layer.after == After::relu6)
        net->push_back(nn::ReLU6(nn::ReLU6Options(true)));
}

void add_head(nn::Sequential &net, int64_t width, const Shape &shape, double dropout = 0) {
    net->push_back(nn::AdaptiveAvgPool2d(1));
    net->push_back(nn::Flatten());
    if (dropout > 0)
        net->push_back(nn::Dropout(dropout));
    net->push_back("head", nn::Linear(width, shape.classes));
}

/* Layers, and a way around them: what came in, or what one layer makes of it. */
struct BlockImpl : nn::Module {
    BlockImpl(std::initializer_list<Layer> layers, bool residual, bool rectified)
        : residual_(residual), rectified_(rectified) {
        const Layer &first = *layers.begin(), &last = *(layers.end() - 1);
        int64_t stride = 1;
        for (const Layer &layer : layers) {
            add(body_, layer);
            stride *= layer.stride;
        }
        if (residual && (stride > 1 || first.in != last.out))
            add(around_, {first.in, last.out, 1, stride, After::nothing});
        register_module("body", body_);
        register_module("around", around_);
    }

    ::torch::Tensor forward(const ::torch::Tensor &x) {
        ::torch::Tensor y = body_->forward(x);
        if (residual_)
            y = y + (around_->is_empty() ? x : around_->forward(x));
        return rectified_ ? ::torch::relu(y) : y;
    }

  private:
    nn::Sequential body_, around_;
    bool residual_, rectified_;
};
TORCH_MODULE(Block);

Block residual_block(int64_t in, int64_t width, int64_t stride) {
    return Block(
        std::initializer_list<Layer>{{in, width, 3, stride}, {width, width, 3, 1, After::nothing}},
        true, true);
}

Block bottleneck_block(int64_t in, int64_t width, int64_t stride) {
    return Block(std::initializer_list<Layer>{{in, width, 1},
                                              {width, width, 3, stride},
                                              {width, 4 * width, 1, 1, After::nothing}},
                 true, true);
}

/* Wide between narrow ends; the way around only where nothing need be done to take it. */
Block inverted_block(int64_t in, int64_t out, int64_t stride, int64_t expansion) {
    const bool residual = stride == 1 && in == out;
    const int64_t width = in * expansion;
    const Layer widen = {in, width, 1, 1, After::relu6};
    const Layer each = {width, width, 3, stride, After::relu6, width};
    const Layer narrow = {width, out, 1, 1, After::nothing};
    return expansion > 1 ? Block(std::initializer_list<Layer>{widen, each, narrow}, residual, false)
                         : Block(std::initializer_list<Layer>{each, narrow}, residual, false);
}

/* Four stages of blocks, each but the first of which halves the size and doubles the width. */
nn::Sequential resnet(const Shape &shape, Block (*block)(int64_t, int64_t, int64_t),
                      int64_t expansion, const std::array<int, 4> &blocks) {
    nn::Sequential net;
    int64_t in = 64, width = 64;
    if (shape.stem == Stem::imagenet) {
        add(net, {shape.channels, in, 7, 2});
        net->push_back(nn::MaxPool2d(nn::MaxPool2dOptions(3).stride(2).padding(1)));
    } else {
        add(net, {shape.channels, in, 3});
    }
    for (size_t stage = 0; stage < blocks.size(); stage++, width *= 2)
        for (int i = 0; i < blocks[stage]; i++) {
            net->push_back("stage" + std::to_string(stage + 1) + "_" + std::to_string(i + 1),
                           block(in, width, stage > 0 && i == 0 ? 2 : 1));
            in = width * expansion;
        }
    add_head(net, in, shape);
    return net;
}

} // namespace

nn::Sequential resnet18(const Shape &shape) {
    return resnet(shape, residual_block, 1, {2, 2, 2, 2});
}

nn::Sequential resnet50(const Shape &shape) {
    return resnet(shape, bottleneck_block, 4, {3, 4, 6, 3});
}

nn::Sequential mobilenetv2(const Shape &shape) {
    struct Stage {
        int64_t expansion, out;
        int blocks;
        int64_t stride;
    };
    const bool small = shape.stem == Stem::small;
    const Stage stages[] = {{1, 16, 1, 1}, {6, 24, 2, small ? 1 : 2},
                            {6, 32, 3, 2}, {6, 64, 4, 2},
                            {6, 96, 3, 1}, {6, 160, 3, 2},
                            {6, 320, 1, 1}};
    const int64_t last = 1280;
    nn::Sequential net;
    int64_t in = 32;
    add(net, {shape.channels, in, 3, small ? 1 : 2, After::relu6});
    for (size_t stage = 0; stage < std::size(stages); stage++)
        for (int i = 0; i < stages[stage].blocks; i++) {
            const Stage &s = stages[stage];
            net->push_back("stage" + std::to_string(stage + 1) + "_" + std::to_string(i + 1),
                           inverted_block(in, s.out, i == 0 ? s.stride : 1, s.expansion));
            in = s.out;
        }
    add(net, {in, last, 1, 1, After::relu6});
    add_head(net, last, shape, 0.2);
    return net;
}

nn::Sequential small_network(const Shape &shape) {
    nn::Sequential net;
    add(net, {shape.channels, 16, 3, 2});
    add(net, {16, 32, 3, 2});
    add(net, {32, 64, 3, 2});
    add_head(net, 64, shape);
    return net;
}

int64_t size_of(const nn::Sequential &net) {
    int64_t size = 0;
    for (const ::torch::Tensor &parameter : net->parameters())
        size += parameter.numel();
    return size;
}

} // namespace l2osr::torch
