/* SPDX-License-Identifier: MIT */
/**
 * @file adapter.hpp
 * l2osr and libtorch: a module as a task to train optimizers on, and a rule as an optimizer of
 * torch. Parameters are contiguous f32 tensors in the processor's memory.
 *
 * What fails throws std::runtime_error or std::invalid_argument; nothing thrown passes through the
 * callbacks of the library.
 */
#ifndef L2OSR_ADAPTERS_LIBTORCH_HPP
#define L2OSR_ADAPTERS_LIBTORCH_HPP

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include <torch/nn/module.h>
#include <torch/optim/optimizer.h>

#include "l2osr.h"

namespace l2osr::torch {

/** Throws the context's message unless `status` is #L2OSR_OK. */
void check(l2osr_context *ctx, l2osr_status status);

/** Owns a handle of the library. */
template <typename T, void (*Free)(T *)> struct Freer {
    void operator()(T *handle) const {
        Free(handle);
    }
};
template <typename T, void (*Free)(T *)> using Handle = std::unique_ptr<T, Freer<T, Free>>;

/* ---- a module as a task ---- */

/** What there is to train. Only parameters that require gradients take part. */
struct Problem {
    std::string name;
    std::shared_ptr<::torch::nn::Module> module;
    /** The loss of the module, as it stands, on the minibatch that the draw decides: a scalar. */
    std::function<::torch::Tensor(const l2osr_draw &draw)> loss;
    /** Optional: a figure of merit on data apart; called in evaluation mode, without gradients. */
    std::function<double()> metric;
    std::string metric_name = "accuracy";
    /** Writes the starting point for a seed into the module; a pure function of the seed, which
     * torch's generator follows meanwhile. Empty: he_start(). */
    std::function<void(::torch::nn::Module &module, uint64_t seed)> start;
};

/**
 * The usual starting point, and that of a Problem without `start`: He's N(0, 2/fan_in) for
 * parameters with two extents or more, 1 for vectors called "weight" (scales of norms), 0 for the
 * rest. From the library's random numbers, so the same everywhere.
 */
void he_start(::torch::nn::Module &module, uint64_t seed);

/**
 * A module as an l2osr_task: the groups are its parameters, by their names; a fifth extent and
 * those behind it count as one with the fourth. Loss and gradient are f32, and there is a
 * Hessian-vector product by differentiating twice, in f32 as well.
 *
 * While a callback runs, the module's parameters are the point it was asked about, and they stay
 * so. Torch's generator follows the draw meanwhile, so that dropout belongs to the minibatch.
 * Buffers, such as the running means of BatchNorm, go back to what they were at first with every
 * starting point; the metric sees those of the minibatches since then. So one run at a time, and
 * tasks that share a module take turns. The task is not concurrent.
 */
class Task {
  public:
    /**
     * @param ctx must outlive the task
     * @throws std::invalid_argument for parameters that are not contiguous f32, std::runtime_error
     * where the library refuses the task, as one without parameters
     */
    Task(l2osr_context *ctx, Problem problem);

    l2osr_task *get() const {
        return task_.get();
    }

    /** What the latest exception within a callback said, that is, the reason for
     * #L2OSR_ECALLBACK; "" when there was none. */
    const char *error() const;

  private:
    struct State;
    State *state_; /* the task's */
    Handle<l2osr_task, l2osr_task_free> task_;
};

/* ---- a rule as an optimizer ---- */

/** Options of an Optimizer or of one of its parameter groups. */
struct OptimizerOptions : ::torch::optim::OptimizerCloneableOptions<OptimizerOptions> {
    /** Negative: the rule's default. 0 is 0. */
    explicit OptimizerOptions(double lr = -1) : lr_(lr) {}
    TORCH_ARG(double, lr);
    /** The rule's `wd`, where it has one; negative: the rule's default. */
    TORCH_ARG(double, weight_decay) = -1;

  public:
    void serialize(::torch::serialize::InputArchive &archive) override;
    void serialize(::torch::serialize::OutputArchive &archive) const override;
    double get_lr() const override;
    void set_lr(double lr) override;
};

/**
 * Steps parameters in place as a rule says, without copies. Each has a stepper of its own, which
 * the reductions of a rule, such as norm(g), and the count of steps belong to: one without a
 * gradient is left out of a step and knows nothing of it, as with torch's optimizers. A parameter
 * whose gradient has a NaN or an infinity is left out as well; see refused(). Where a rule has
 * constants for each group, as those tuned on a Task may, every parameter is a group, in order.
 *
 * Schedulers of torch work on it. save() and load() keep options and state.
 */
class Optimizer : public ::torch::optim::Optimizer {
  public:
    /** The context must outlive the optimizer; the rule is counted. */
    Optimizer(l2osr_context *ctx, l2osr_rule *rule,
              std::vector<::torch::optim::OptimizerParamGroup> groups,
              OptimizerOptions defaults = OptimizerOptions());
    Optimizer(l2osr_context *ctx, l2osr_rule *rule, std::vector<::torch::Tensor> parameters,
              OptimizerOptions defaults = OptimizerOptions());

    /**
     * @throws std::invalid_argument, and steps nothing, when a parameter or its gradient is not
     * what the adapter can step
     */
    ::torch::Tensor step(LossClosure closure = nullptr) override;

    /** Steps of single parameters that were left out for gradients that are not finite. */
    size_t refused() const;

    void save(::torch::serialize::OutputArchive &archive) const override;
    /** The optimizer is unchanged when this throws: the archive is of other parameters or another
     * rule. */
    void load(::torch::serialize::InputArchive &archive) override;

  private:
    using Stepper = Handle<l2osr_stepper, l2osr_stepper_free>;
    using Steppers = std::vector<std::vector<Stepper>>; /* [group][parameter] */

    Stepper make_stepper(const ::torch::Tensor &parameter, size_t before) const;
    void complete(Steppers &steppers) const;
    void prepare();

    l2osr_context *ctx_;
    Handle<l2osr_rule, l2osr_rule_free> rule_;
    Steppers steppers_;
};

} // namespace l2osr::torch

#endif
