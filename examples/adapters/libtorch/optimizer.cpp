/* SPDX-License-Identifier: MIT */
#include "adapter.hpp"

#include <stdexcept>

#include <torch/serialize/archive.h>
#include <torch/types.h>

namespace l2osr::torch {

using ::torch::Tensor;
using ::torch::serialize::InputArchive;
using ::torch::serialize::OutputArchive;

/* ---- options ---- */

namespace {

double read_number(InputArchive &archive, const std::string &name) {
    c10::IValue value;
    archive.read(name, value);
    return value.toDouble();
}

OptimizerOptions &options_of(::torch::optim::OptimizerParamGroup &group) {
    return dynamic_cast<OptimizerOptions &>(group.options());
}

const OptimizerOptions &options_of(const ::torch::optim::OptimizerParamGroup &group) {
    return dynamic_cast<const OptimizerOptions &>(group.options());
}

/* With numbers of its own in place of the rule's defaults, for schedulers to start from. */
void settle(OptimizerOptions &options, const l2osr_rule *rule) {
    if (options.lr() < 0)
        options.lr(l2osr_rule_default_lr(rule));
    if (options.weight_decay() < 0)
        options.weight_decay(l2osr_rule_default_wd(rule));
}

} // namespace

void OptimizerOptions::serialize(InputArchive &archive) {
    lr(read_number(archive, "lr"));
    weight_decay(read_number(archive, "weight_decay"));
}

void OptimizerOptions::serialize(OutputArchive &archive) const {
    archive.write("lr", c10::IValue(lr()));
    archive.write("weight_decay", c10::IValue(weight_decay()));
}

double OptimizerOptions::get_lr() const {
    return lr();
}

void OptimizerOptions::set_lr(double value) {
    lr(value);
}

/* ---- steppers ---- */

Optimizer::Optimizer(l2osr_context *ctx, l2osr_rule *rule,
                     std::vector<::torch::optim::OptimizerParamGroup> groups,
                     OptimizerOptions defaults)
    : ::torch::optim::Optimizer(std::move(groups), std::make_unique<OptimizerOptions>(defaults)),
      ctx_(ctx), rule_(l2osr_rule_ref(rule)) {
    settle(static_cast<OptimizerOptions &>(*defaults_), rule);
    prepare();
}

Optimizer::Optimizer(l2osr_context *ctx, l2osr_rule *rule, std::vector<Tensor> parameters,
                     OptimizerOptions defaults)
    : Optimizer(ctx, rule,
                std::vector<::torch::optim::OptimizerParamGroup>{
                    ::torch::optim::OptimizerParamGroup(std::move(parameters))},
                defaults) {}

/* Rules may have constants for each group of parameters: the empty segments before this one say
 * which of them it is. */
Optimizer::Stepper Optimizer::make_stepper(const Tensor &parameter, size_t before) const {
    std::vector<size_t> lengths(before + 1);
    l2osr_stepper *stepper = nullptr;
    lengths[before] = static_cast<size_t>(parameter.numel());
    check(ctx_, l2osr_stepper_create(&stepper, ctx_, rule_.get(), lengths.size(), lengths.data(),
                                     nullptr));
    return Stepper(stepper);
}

/* Groups and parameters may be added at any time, through torch's class. */
void Optimizer::complete(Steppers &steppers) const {
    size_t before = 0;
    steppers.resize(param_groups_.size());
    for (size_t k = 0; k < steppers.size(); k++) {
        const std::vector<Tensor> &parameters = param_groups_[k].params();
        for (size_t i = steppers[k].size(); i < parameters.size(); i++)
            steppers[k].push_back(make_stepper(parameters[i], before + i));
        before += parameters.size();
    }
}

void Optimizer::prepare() {
    for (auto &group : param_groups_)
        settle(options_of(group), rule_.get());
    complete(steppers_);
}

/* ---- steps ---- */

namespace {

void require_steppable(const Tensor &parameter, const l2osr_stepper *stepper) {
    const Tensor &gradient = parameter.grad();
    const char *wrong = nullptr;
    if (parameter.scalar_type() != at::kFloat || !parameter.device().is_cpu() ||
        !parameter.is_contiguous())
        wrong = "is not a contiguous f32 tensor in the processor's memory";
    else if (static_cast<size_t>(parameter.numel()) != l2osr_stepper_size(stepper))
        wrong = "has changed its size";
    else if (gradient.layout() != at::kStrided || gradient.scalar_type() != at::kFloat ||
             !gradient.device().is_cpu() || gradient.sizes() != parameter.sizes())
        wrong = "has a gradient that is not dense f32 of the same shape";
    if (wrong)
        throw std::invalid_argument("a parameter of shape " + c10::str(parameter.sizes()) + " " +
                                    wrong);
}

void step_one(l2osr_context *ctx, l2osr_stepper *stepper, const Tensor &parameter,
              const l2osr_step_args &args) {
    const Tensor gradient = parameter.grad().contiguous();
    check(ctx, l2osr_stepper_step_f32(stepper, parameter.data_ptr<float>(),
                                      gradient.data_ptr<float>(), &args));
    parameter.unsafeGetTensorImpl()->bump_version(); /* autograd must know of it */
}

bool takes_part(const Tensor &parameter) {
    return parameter.grad().defined() && parameter.numel() > 0;
}

} // namespace

Tensor Optimizer::step(LossClosure closure) {
    Tensor loss;
    if (closure) {
        const at::AutoGradMode mode(true);
        loss = closure();
    }
    prepare();
    for (size_t k = 0; k < steppers_.size(); k++)
        for (size_t i = 0; i < param_groups_[k].params().size(); i++)
            if (takes_part(param_groups_[k].params()[i]))
                require_steppable(param_groups_[k].params()[i], steppers_[k][i].get());
    for (size_t k = 0; k < steppers_.size(); k++) {
        const OptimizerOptions &options = options_of(param_groups_[k]);
        l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
        args.lr = options.lr();
        args.weight_decay = options.weight_decay();
        for (size_t i = 0; i < param_groups_[k].params().size(); i++)
            if (takes_part(param_groups_[k].params()[i]))
                step_one(ctx_, steppers_[k][i].get(), param_groups_[k].params()[i], args);
    }
    return loss;
}

size_t Optimizer::refused() const {
    size_t sum = 0;
    for (const auto &group : steppers_)
        for (const Stepper &stepper : group)
            sum += l2osr_stepper_refused(stepper.get());
    return sum;
}

/* ---- saved states ---- */

namespace {

void require_entries(InputArchive &archive, size_t wanted) {
    if (archive.keys().size() != wanted)
        throw std::invalid_argument("the archive is of other parameters");
}

} // namespace

void Optimizer::save(OutputArchive &archive) const {
    for (size_t k = 0; k < steppers_.size(); k++) {
        OutputArchive options(archive.compilation_unit()), states(archive.compilation_unit());
        options_of(param_groups_[k]).serialize(options);
        for (size_t i = 0; i < steppers_[k].size(); i++) {
            const l2osr_stepper *stepper = steppers_[k][i].get();
            const size_t size = l2osr_stepper_state_size(stepper);
            Tensor state = ::torch::empty({static_cast<int64_t>(size)}, at::kByte);
            check(ctx_, l2osr_stepper_state_save(stepper, state.data_ptr(), size));
            states.write(std::to_string(i), state);
        }
        archive.write("options" + std::to_string(k), options);
        archive.write("states" + std::to_string(k), states);
    }
}

void Optimizer::load(InputArchive &archive) {
    Steppers steppers;
    complete(steppers);
    std::vector<OptimizerOptions> options(steppers.size());
    require_entries(archive, 2 * steppers.size());
    for (size_t k = 0; k < steppers.size(); k++) {
        InputArchive group, states;
        archive.read("options" + std::to_string(k), group);
        archive.read("states" + std::to_string(k), states);
        options[k].serialize(group);
        require_entries(states, steppers[k].size());
        for (size_t i = 0; i < steppers[k].size(); i++) {
            Tensor state;
            states.read(std::to_string(i), state);
            check(ctx_, l2osr_stepper_state_load(steppers[k][i].get(), state.data_ptr(),
                                                 static_cast<size_t>(state.numel())));
        }
    }
    steppers_ = std::move(steppers);
    for (size_t k = 0; k < options.size(); k++)
        options_of(param_groups_[k]) = options[k];
}

} // namespace l2osr::torch
