/* SPDX-License-Identifier: MIT */
#include "classifier.hpp"

#include <algorithm>
#include <cstring>
#include <numeric>

#include <torch/nn/functional/loss.h>
#include <torch/nn/functional/upsampling.h>
#include <torch/types.h>

namespace l2osr::torch {

namespace functional = ::torch::nn::functional;
using ::torch::Tensor;

Loader::Loader(const l2osr_dataset *set, size_t batch, size_t side)
    : set_(set), batch_(std::min(batch, l2osr_dataset_size(set))), side_(side) {}

Batch Loader::gather(const std::vector<size_t> &items) const {
    const auto n = static_cast<int64_t>(items.size());
    const auto channels = static_cast<int64_t>(l2osr_dataset_channels(set_));
    const auto rows = static_cast<int64_t>(l2osr_dataset_rows(set_));
    const auto cols = static_cast<int64_t>(l2osr_dataset_cols(set_));
    const auto side = static_cast<int64_t>(side_);
    Tensor bytes = ::torch::empty({n, channels, rows, cols}, at::kByte);
    Tensor labels = ::torch::empty({n}, at::kLong);
    for (size_t i = 0; i < items.size(); i++) {
        const auto length = static_cast<size_t>(channels * rows * cols);
        std::memcpy(bytes.data_ptr<uint8_t>() + i * length, l2osr_dataset_image(set_, items[i]),
                    length);
        labels.data_ptr<int64_t>()[i] = l2osr_dataset_label(set_, items[i]);
    }
    Tensor images = bytes.to(at::kFloat) / 255 - 0.5;
    if (side > 0 && (side != rows || side != cols))
        images = functional::interpolate(images, functional::InterpolateFuncOptions()
                                                     .size(std::vector<int64_t>{side, side})
                                                     .mode(::torch::kBilinear)
                                                     .align_corners(false));
    return {images, labels};
}

Batch Loader::at(const l2osr_draw &draw) const {
    std::vector<size_t> items(batch_);
    items.resize(l2osr_draw_items(&draw, size(), batch_, items.data()));
    return gather(items);
}

Batch Loader::range(size_t first, size_t n) const {
    std::vector<size_t> items(n);
    std::iota(items.begin(), items.end(), first);
    return gather(items);
}

Tensor loss_of(::torch::nn::Sequential net, const Batch &batch) {
    return functional::cross_entropy(net->forward(batch.images), batch.labels);
}

double accuracy(::torch::nn::Sequential net, const Loader &test) {
    ::torch::NoGradGuard no_grad;
    const bool training = net->is_training();
    int64_t right = 0;
    net->eval();
    for (size_t first = 0; first < test.size(); first += test.batch()) {
        const Batch batch = test.range(first, std::min(test.batch(), test.size() - first));
        const Tensor guesses = net->forward(batch.images).argmax(1);
        right += guesses.eq(batch.labels).sum().item<int64_t>();
    }
    net->train(training);
    return static_cast<double>(right) / static_cast<double>(test.size());
}

Problem classifier(const std::string &name, ::torch::nn::Sequential net, const Loader &train,
                   const Loader &test) {
    Problem problem;
    problem.name = name;
    problem.module = net.ptr();
    problem.loss = [=](const l2osr_draw &draw) { return loss_of(net, train.at(draw)); };
    problem.metric = [=] { return accuracy(net, test); };
    return problem;
}

} // namespace l2osr::torch
