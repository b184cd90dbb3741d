/* SPDX-License-Identifier: MIT */
/** @file classifier.hpp Images of the library's data sets for networks of torch. */
#ifndef L2OSR_ADAPTERS_CLASSIFIER_HPP
#define L2OSR_ADAPTERS_CLASSIFIER_HPP

#include <torch/nn/modules/container/sequential.h>

#include "adapter.hpp"

namespace l2osr::torch {

struct Batch {
    ::torch::Tensor images; /* f32 [batch][channels][rows][cols], a pixel being byte/255 - 0.5 */
    ::torch::Tensor labels; /* i64 [batch] */
};

/** Minibatches of a data set, which must outlive it. */
class Loader {
  public:
    /** @param side rows and columns that images are scaled to; 0: as they are */
    Loader(const l2osr_dataset *set, size_t batch, size_t side = 0);

    /** The minibatch of a draw, as the library's own tasks have it. */
    Batch at(const l2osr_draw &draw) const;
    /** Images first .. first+n-1. */
    Batch range(size_t first, size_t n) const;

    size_t size() const {
        return l2osr_dataset_size(set_);
    }
    size_t batch() const {
        return batch_;
    }

  private:
    Batch gather(const std::vector<size_t> &items) const;

    const l2osr_dataset *set_;
    size_t batch_, side_;
};

/** Mean softmax cross entropy of a network's scores. */
::torch::Tensor loss_of(::torch::nn::Sequential net, const Batch &batch);

/** The share of a set's images that the network, in evaluation mode, takes for what they are. */
double accuracy(::torch::nn::Sequential net, const Loader &test);

/** Training a network on images, the metric being its accuracy on others. */
Problem classifier(const std::string &name, ::torch::nn::Sequential net, const Loader &train,
                   const Loader &test);

} // namespace l2osr::torch

#endif
