/* SPDX-License-Identifier: MIT */
#include "adapter.hpp"

#include <cmath>
#include <cstdio>
#include <stdexcept>

#include <ATen/CPUGeneratorImpl.h>
#include <ATen/core/grad_mode.h>
#include <torch/autograd.h>
#include <torch/types.h>

namespace l2osr::torch {

using ::torch::Tensor;

void check(l2osr_context *ctx, l2osr_status status) {
    if (status != L2OSR_OK)
        throw std::runtime_error(*l2osr_context_errmsg(ctx) ? l2osr_context_errmsg(ctx)
                                                            : l2osr_strerror(status));
}

namespace {

/* Torch's generator is a function of the draw while this lives, and then goes on as before. */
class DrawnGenerator {
  public:
    explicit DrawnGenerator(const l2osr_draw &draw)
        : generator_(at::detail::getDefaultCPUGenerator()) {
        double word;
        l2osr_random_uniform(draw.seed, draw.index, 0, 0x1p53, &word, 1);
        std::lock_guard<std::mutex> lock(generator_.mutex());
        before_ = generator_.get_state();
        generator_.set_current_seed(static_cast<uint64_t>(word));
    }
    ~DrawnGenerator() {
        std::lock_guard<std::mutex> lock(generator_.mutex());
        generator_.set_state(before_);
    }
    DrawnGenerator(const DrawnGenerator &) = delete;
    DrawnGenerator &operator=(const DrawnGenerator &) = delete;

  private:
    at::Generator generator_;
    Tensor before_;
};

l2osr_group group_of(const std::string &name, const Tensor &parameter) {
    l2osr_group group = {name.c_str(), 0, {1, 1, 1, 1}};
    for (const int64_t extent : parameter.sizes())
        if (group.rank < 4)
            group.shape[group.rank++] = static_cast<size_t>(extent);
        else
            group.shape[3] *= static_cast<size_t>(extent);
    return group;
}

void require_usable(const std::string &name, const Tensor &parameter) {
    if (parameter.scalar_type() != at::kFloat || !parameter.device().is_cpu() ||
        !parameter.is_contiguous())
        throw std::invalid_argument("parameter '" + name +
                                    "' is not a contiguous f32 tensor in the processor's memory");
}

/* To and from flat vectors of either precision. */
template <typename T> Tensor view_of(const T *at, const Tensor &shape) {
    return ::torch::from_blob(const_cast<T *>(at), shape.sizes(),
                              c10::CppTypeToScalarType<T>::value);
}

} // namespace

void he_start(::torch::nn::Module &module, uint64_t seed) {
    ::torch::NoGradGuard no_grad;
    uint64_t stream = 0;
    for (const auto &item : module.named_parameters()) {
        Tensor parameter = item.value();
        const std::string &name = item.key();
        const bool weight = name.size() >= 6 && name.compare(name.size() - 6, 6, "weight") == 0;
        if (parameter.dim() >= 2) {
            const double fan_in =
                static_cast<double>(parameter.numel()) / static_cast<double>(parameter.size(0));
            Tensor numbers = ::torch::empty(parameter.sizes(), at::kDouble);
            l2osr_random_normal(seed, stream, 0, std::sqrt(2 / fan_in), numbers.data_ptr<double>(),
                                static_cast<size_t>(numbers.numel()));
            parameter.copy_(numbers);
        } else {
            parameter.fill_(weight ? 1 : 0);
        }
        stream++;
    }
}

/* ---- the state behind the callbacks ---- */

struct Task::State {
    explicit State(Problem given);

    template <typename T> void set_point(const T *x);
    template <typename T> void write_gradient(const Tensor &scalar, T *out) const;
    Tensor loss_of(const l2osr_draw &draw) const;
    template <typename Body> int guarded(Body body) noexcept;
    l2osr_status create(l2osr_task **out, l2osr_context *ctx);

    static int init(void *user, uint64_t seed, double *x);
    static int loss_grad(void *user, const l2osr_draw *draw, const float *x, double *loss,
                         float *grad);
    static int hvp(void *user, const l2osr_draw *draw, const double *x, const double *v,
                   double *hv);
    static int metric(void *user, const double *x, double *value);

    Problem problem;
    std::vector<l2osr_group> groups;
    std::vector<std::string> names;
    std::vector<Tensor> parameters;        /* those that require gradients */
    std::vector<Tensor> buffers, at_first; /* and what the buffers were */
    char error[256] = "";                  /* in place, so that keeping it cannot fail */
};

Task::State::State(Problem given) : problem(std::move(given)) {
    if (!problem.module || !problem.loss)
        throw std::invalid_argument("a problem needs a module and a loss");
    if (!problem.start)
        problem.start = he_start;
    for (const auto &item : problem.module->named_parameters()) {
        if (!item.value().requires_grad())
            continue;
        require_usable(item.key(), item.value());
        names.push_back(item.key());
        parameters.push_back(item.value());
    }
    for (size_t i = 0; i < names.size(); i++)
        groups.push_back(group_of(names[i], parameters[i]));
    buffers = problem.module->buffers();
    for (const Tensor &buffer : buffers)
        at_first.push_back(buffer.detach().clone());
}

template <typename T> void Task::State::set_point(const T *x) {
    ::torch::NoGradGuard no_grad;
    for (Tensor &parameter : parameters) {
        parameter.copy_(view_of(x, parameter));
        x += parameter.numel();
    }
}

/* Parameters that the scalar does not depend on have the gradient 0. */
template <typename T> void Task::State::write_gradient(const Tensor &scalar, T *out) const {
    std::vector<Tensor> gradient(parameters.size());
    if (scalar.requires_grad())
        gradient = ::torch::autograd::grad({scalar}, parameters, {}, c10::nullopt, false, true);
    for (size_t i = 0; i < parameters.size(); i++) {
        Tensor target = view_of(out, parameters[i]);
        if (gradient[i].defined())
            target.copy_(gradient[i]);
        else
            target.zero_();
        out += parameters[i].numel();
    }
}

Tensor Task::State::loss_of(const l2osr_draw &draw) const {
    const Tensor loss = problem.loss(draw);
    if (!loss.defined() || loss.numel() != 1)
        throw std::runtime_error("the loss of '" + problem.name + "' is not a scalar");
    return loss;
}

template <typename Body> int Task::State::guarded(Body body) noexcept {
    try {
        body();
        return 0;
    } catch (const c10::Error &failure) {
        std::snprintf(error, sizeof error, "%s", failure.what_without_backtrace());
    } catch (const std::exception &failure) {
        std::snprintf(error, sizeof error, "%s", failure.what());
    } catch (...) {
        std::snprintf(error, sizeof error, "an exception that says nothing");
    }
    return 1;
}

/* ---- the callbacks ---- */

int Task::State::init(void *user, uint64_t seed, double *x) {
    auto *state = static_cast<State *>(user);
    return state->guarded([&] {
        ::torch::NoGradGuard no_grad;
        const DrawnGenerator generator({seed, 0});
        state->problem.start(*state->problem.module, seed);
        for (size_t i = 0; i < state->buffers.size(); i++)
            state->buffers[i].copy_(state->at_first[i]);
        for (const Tensor &parameter : state->parameters) {
            view_of(x, parameter).copy_(parameter);
            x += parameter.numel();
        }
    });
}

int Task::State::loss_grad(void *user, const l2osr_draw *draw, const float *x, double *loss,
                           float *grad) {
    auto *state = static_cast<State *>(user);
    return state->guarded([&] {
        const DrawnGenerator generator(*draw);
        const at::AutoGradMode mode(grad != nullptr);
        state->set_point(x);
        const Tensor value = state->loss_of(*draw);
        *loss = value.item<double>();
        if (grad)
            state->write_gradient(value, grad);
    });
}

int Task::State::hvp(void *user, const l2osr_draw *draw, const double *x, const double *v,
                     double *hv) {
    auto *state = static_cast<State *>(user);
    return state->guarded([&] {
        const DrawnGenerator generator(*draw);
        const at::AutoGradMode mode(true);
        state->set_point(x);
        const Tensor loss = state->loss_of(*draw);
        Tensor along = ::torch::zeros({}); /* the slope of the loss along v */
        if (loss.requires_grad()) {
            const auto gradient =
                ::torch::autograd::grad({loss}, state->parameters, {}, true, true, true);
            for (size_t i = 0; i < gradient.size(); i++) {
                const Tensor &parameter = state->parameters[i];
                if (gradient[i].defined())
                    along = along + (gradient[i] * view_of(v, parameter).to(at::kFloat)).sum();
                v += parameter.numel();
            }
        }
        state->write_gradient(along, hv);
    });
}

int Task::State::metric(void *user, const double *x, double *value) {
    auto *state = static_cast<State *>(user);
    ::torch::nn::Module &module = *state->problem.module;
    const bool training = module.is_training();
    const int result = state->guarded([&] {
        ::torch::NoGradGuard no_grad;
        const DrawnGenerator generator({0, 0});
        state->set_point(x);
        module.eval();
        *value = state->problem.metric();
    });
    return state->guarded([&] { module.train(training); }) || result;
}

/* The task owns the state, also when it cannot be made. */
l2osr_status Task::State::create(l2osr_task **out, l2osr_context *ctx) {
    l2osr_task_callbacks callbacks = {};
    callbacks.struct_size = sizeof callbacks;
    callbacks.name = problem.name.c_str();
    callbacks.groups = groups.data();
    callbacks.n_groups = groups.size();
    callbacks.init = init;
    callbacks.loss_grad_f32 = loss_grad;
    callbacks.hvp = hvp;
    if (problem.metric) {
        callbacks.metric = metric;
        callbacks.metric_name = problem.metric_name.c_str();
    }
    callbacks.free = [](void *user) { delete static_cast<State *>(user); };
    return l2osr_task_create(out, ctx, &callbacks, this);
}

Task::Task(l2osr_context *ctx, Problem problem) : state_(new State(std::move(problem))) {
    l2osr_task *task = nullptr;
    check(ctx, state_->create(&task, ctx));
    task_.reset(task);
}

const char *Task::error() const {
    return state_->error;
}

} // namespace l2osr::torch
