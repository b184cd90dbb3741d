/* SPDX-License-Identifier: MIT */
/* The adapter against torch itself: gradients, steps, states, and the sizes of networks. */
#include <cmath>
#include <cstring>
#include <sstream>
#include <stdexcept>

#include <torch/nn/functional/loss.h>
#include <torch/nn/modules/activation.h>
#include <torch/nn/modules/batchnorm.h>
#include <torch/nn/modules/conv.h>
#include <torch/nn/modules/dropout.h>
#include <torch/nn/modules/linear.h>
#include <torch/optim/adam.h>
#include <torch/optim/adamw.h>
#include <torch/optim/schedulers/step_lr.h>
#include <torch/optim/sgd.h>
#include <torch/serialize.h>
#include <torch/types.h>

#include "adapter.hpp"
#include "classifier.hpp"
#include "networks.hpp"

extern "C" {
#include "support.h"
}

namespace adapter = l2osr::torch;
namespace nn = torch::nn;
using torch::Tensor;

namespace {

using Context = adapter::Handle<l2osr_context, l2osr_context_free>;
using Rule = adapter::Handle<l2osr_rule, l2osr_rule_free>;

Rule preset(const Context &ctx, const char *name) {
    l2osr_rule *rule;
    ck_ok(l2osr_rule_preset(&rule, ctx.get(), name), ctx.get());
    return Rule(rule);
}

enum { INPUTS = 4, CLASSES = 3, BATCH = 16 };

nn::Sequential small_module() {
    nn::Sequential net(nn::Linear(INPUTS, 5), nn::Tanh(), nn::Linear(5, CLASSES));
    adapter::he_start(*net, 7);
    return net;
}

/* Noise to be told apart by the sign of its sums: a function of the draw. */
adapter::Batch noise(const l2osr_draw &draw) {
    Tensor x = torch::empty({BATCH, INPUTS}, at::kDouble);
    l2osr_random_normal(draw.seed, draw.index, 0, 1, x.data_ptr<double>(), BATCH * INPUTS);
    const Tensor sums = x.sum(1);
    return {x.to(at::kFloat), sums.gt(0).to(at::kLong) + sums.gt(1).to(at::kLong)};
}

adapter::Problem small_problem(nn::Sequential net) {
    adapter::Problem problem;
    problem.name = "small";
    problem.module = net.ptr();
    problem.loss = [=](const l2osr_draw &draw) { return adapter::loss_of(net, noise(draw)); };
    return problem;
}

template <typename T> Tensor flat(const std::vector<T> &values) {
    return torch::tensor(std::vector<double>(values.begin(), values.end()), at::kDouble);
}

Tensor flat_parameters(nn::Sequential net) {
    std::vector<Tensor> pieces;
    for (const Tensor &parameter : net->parameters())
        pieces.push_back(parameter.detach().flatten());
    return torch::cat(pieces).to(at::kDouble);
}

double distance(const Tensor &a, const Tensor &b) {
    return (a - b).abs().max().item<double>();
}

/* ---- tasks ---- */

START_TEST(groups_are_the_parameters_by_name) {
    Context ctx(test_context());
    const adapter::Task task(ctx.get(), small_problem(small_module()));
    const l2osr_group *first = l2osr_task_group(task.get(), 0);
    ck_assert_uint_eq(l2osr_task_group_count(task.get()), 4);
    ck_assert_uint_eq(l2osr_task_dim(task.get()), 4 * 5 + 5 + 5 * 3 + 3);
    ck_assert_str_eq(first->name, "0.weight");
    ck_assert_uint_eq(first->rank, 2);
    ck_assert_uint_eq(first->shape[0], 5);
    ck_assert_uint_eq(first->shape[1], INPUTS);
    ck_assert_str_eq(l2osr_task_group(task.get(), 3)->name, "2.bias");
}
END_TEST

START_TEST(starts_are_functions_of_the_seed) {
    Context ctx(test_context());
    const adapter::Task task(ctx.get(), small_problem(small_module()));
    const size_t n = l2osr_task_dim(task.get());
    std::vector<double> a(n), b(n), other(n);
    ck_ok(l2osr_task_init(task.get(), 1, a.data()), ctx.get());
    ck_ok(l2osr_task_init(task.get(), 2, other.data()), ctx.get());
    ck_ok(l2osr_task_init(task.get(), 1, b.data()), ctx.get());
    ck_assert(a == b);
    ck_assert(a != other);
    for (size_t i = 20; i < 25; i++) /* the first bias */
        ck_assert_double_eq(a[i], 0);
}
END_TEST

START_TEST(he_starts_have_the_deviation_of_the_fan_in) {
    nn::Sequential net(nn::Conv2d(nn::Conv2dOptions(16, 64, 3)), nn::BatchNorm2d(64));
    adapter::he_start(*net, 3);
    const auto parameters = net->named_parameters();
    const double deviation = parameters["0.weight"].std().item<double>();
    ck_assert_double_eq_tol(deviation, std::sqrt(2.0 / (16 * 9)), 0.03 * deviation);
    ck_assert(parameters["1.weight"].eq(1).all().item<bool>());
    ck_assert(parameters["1.bias"].eq(0).all().item<bool>());
}
END_TEST

START_TEST(loss_and_gradient_are_those_of_torch) {
    Context ctx(test_context());
    nn::Sequential net = small_module(), twin = small_module();
    const adapter::Task task(ctx.get(), small_problem(net));
    const size_t n = l2osr_task_dim(task.get());
    const l2osr_draw draw = {5, 2};
    std::vector<float> x(n), grad(n);
    double loss, alone;
    ck_ok(l2osr_task_init_f32(task.get(), 9, x.data()), ctx.get());
    adapter::he_start(*twin, 9);
    const Tensor expected = adapter::loss_of(twin, noise(draw));
    expected.backward();
    ck_ok(l2osr_task_loss_grad_f32(task.get(), &draw, x.data(), &loss, grad.data()), ctx.get());
    ck_ok(l2osr_task_loss_grad_f32(task.get(), &draw, x.data(), &alone, nullptr), ctx.get());
    ck_assert_double_eq(loss, expected.item<double>());
    ck_assert_double_eq(loss, alone);
    std::vector<Tensor> pieces;
    for (const Tensor &parameter : twin->parameters())
        pieces.push_back(parameter.grad().flatten());
    ck_assert_double_le(distance(flat(grad), torch::cat(pieces).to(at::kDouble)), 1e-7);
    ck_assert_double_ge(flat(grad).abs().max().item<double>(), 1e-3);
    for (const Tensor &parameter : net->parameters()) /* the module's own gradients stay alone */
        ck_assert(!parameter.grad().defined());
}
END_TEST

START_TEST(hessian_products_are_differences_of_gradients) {
    Context ctx(test_context());
    const adapter::Task task(ctx.get(), small_problem(small_module()));
    const size_t n = l2osr_task_dim(task.get());
    const l2osr_draw draw = {1, 0};
    const double h = 1e-3;
    std::vector<double> x(n), v(n), hv(n), up(n), down(n), point(n);
    double loss;
    ck_ok(l2osr_task_init(task.get(), 4, x.data()), ctx.get());
    l2osr_random_normal(8, 0, 0, 1, v.data(), n);
    ck_ok(l2osr_task_hvp(task.get(), &draw, x.data(), v.data(), hv.data()), ctx.get());
    for (size_t i = 0; i < n; i++)
        point[i] = x[i] + h * v[i];
    ck_ok(l2osr_task_loss_grad(task.get(), &draw, point.data(), &loss, up.data()), ctx.get());
    for (size_t i = 0; i < n; i++)
        point[i] = x[i] - h * v[i];
    ck_ok(l2osr_task_loss_grad(task.get(), &draw, point.data(), &loss, down.data()), ctx.get());
    const Tensor differences = (flat(up) - flat(down)) / (2 * h);
    ck_assert_double_le(distance(flat(hv), differences), 1e-3);
    ck_assert_double_ge(flat(hv).abs().max().item<double>(), 0.05);
}
END_TEST

START_TEST(exceptions_stay_within_and_are_kept) {
    Context ctx(test_context());
    adapter::Problem problem = small_problem(small_module());
    std::function<Tensor()> loss = []() -> Tensor { throw std::runtime_error("no more data"); };
    problem.loss = [&](const l2osr_draw &) { return loss(); };
    const adapter::Task task(ctx.get(), problem);
    std::vector<float> x(l2osr_task_dim(task.get()));
    const l2osr_draw draw = {0, 0};
    double value;
    ck_assert_str_eq(task.error(), "");
    ck_assert_int_eq(l2osr_task_loss_grad_f32(task.get(), &draw, x.data(), &value, x.data()),
                     L2OSR_ECALLBACK);
    ck_assert_str_eq(task.error(), "no more data");
    loss = [] { return torch::zeros({2}); };
    ck_assert_int_eq(l2osr_task_loss_grad_f32(task.get(), &draw, x.data(), &value, nullptr),
                     L2OSR_ECALLBACK);
    ck_assert_ptr_nonnull(std::strstr(task.error(), "not a scalar"));
    loss = []() -> Tensor { throw 7; };
    ck_assert_int_eq(l2osr_task_loss_grad_f32(task.get(), &draw, x.data(), &value, nullptr),
                     L2OSR_ECALLBACK);
    loss = [] { return torch::ones({2}).matmul(torch::ones({3})); };
    ck_assert_int_eq(l2osr_task_loss_grad_f32(task.get(), &draw, x.data(), &value, nullptr),
                     L2OSR_ECALLBACK);
    ck_assert_ptr_null(std::strstr(task.error(), "frame #")); /* no stack trace */
}
END_TEST

START_TEST(unusable_modules_are_refused) {
    Context ctx(test_context());
    nn::Sequential net = small_module();
    std::string message;
    net->to(at::kDouble);
    try {
        adapter::Task(ctx.get(), small_problem(net));
    } catch (const std::invalid_argument &error) {
        message = error.what();
    }
    ck_assert_msg(message.find("'0.weight'") != std::string::npos, "%s", message.c_str());
    nn::Sequential frozen = small_module();
    for (Tensor &parameter : frozen->parameters())
        parameter.requires_grad_(false);
    message.clear();
    try {
        adapter::Task(ctx.get(), small_problem(frozen));
    } catch (const std::exception &error) {
        message = error.what();
    }
    ck_assert_str_ne(message.c_str(), "");
}
END_TEST

START_TEST(dropout_belongs_to_the_draw) {
    Context ctx(test_context());
    nn::Sequential net(nn::Linear(INPUTS, 30), nn::Dropout(0.5), nn::Linear(30, CLASSES));
    const adapter::Task task(ctx.get(), small_problem(net));
    std::vector<float> x(l2osr_task_dim(task.get()));
    const l2osr_draw draw = {1, 1};
    double first, again;
    ck_ok(l2osr_task_init_f32(task.get(), 1, x.data()), ctx.get());
    torch::manual_seed(3);
    ck_ok(l2osr_task_loss_grad_f32(task.get(), &draw, x.data(), &first, nullptr), ctx.get());
    const double after = torch::rand({}).item<double>();
    torch::manual_seed(3);
    ck_assert_double_eq(after, torch::rand({}).item<double>()); /* torch knows nothing of it */
    ck_ok(l2osr_task_loss_grad_f32(task.get(), &draw, x.data(), &again, nullptr), ctx.get());
    ck_assert_double_eq(first, again);
    net->eval();
    ck_ok(l2osr_task_loss_grad_f32(task.get(), &draw, x.data(), &again, nullptr), ctx.get());
    ck_assert_double_ne(first, again); /* so there was dropout */
}
END_TEST

START_TEST(buffers_go_back_with_every_start) {
    Context ctx(test_context());
    nn::Sequential net(nn::Linear(INPUTS, 6), nn::BatchNorm1d(6), nn::Linear(6, CLASSES));
    adapter::Problem problem = small_problem(net);
    bool evaluating = false;
    problem.metric = [&] {
        evaluating = !net->is_training();
        return net->named_buffers()["1.running_mean"].abs().sum().item<double>();
    };
    const adapter::Task task(ctx.get(), problem);
    std::vector<double> x(l2osr_task_dim(task.get()));
    const l2osr_draw draw = {1, 1};
    double loss, moved, fresh;
    ck_ok(l2osr_task_init(task.get(), 1, x.data()), ctx.get());
    ck_ok(l2osr_task_loss_grad(task.get(), &draw, x.data(), &loss, nullptr), ctx.get());
    ck_ok(l2osr_task_metric(task.get(), x.data(), &moved), ctx.get());
    ck_ok(l2osr_task_init(task.get(), 1, x.data()), ctx.get());
    ck_ok(l2osr_task_metric(task.get(), x.data(), &fresh), ctx.get());
    ck_assert_str_eq(l2osr_task_metric_name(task.get()), "accuracy");
    ck_assert_double_gt(moved, 0);
    ck_assert_double_eq(fresh, 0);
    ck_assert(evaluating);
    ck_assert(net->is_training());
}
END_TEST

START_TEST(rules_are_tuned_on_modules) {
    Context ctx(test_context());
    const adapter::Task task(ctx.get(), small_problem(small_module()));
    const Rule rule = preset(ctx, "rmsprop");
    l2osr_tuner_options options = L2OSR_TUNER_OPTIONS_INIT;
    options.meta_steps = 12;
    options.unroll = 5;
    options.horizon = 20;
    options.validate_every = 4;
    l2osr_tuner *tuner;
    l2osr_rule *tuned;
    ck_ok(l2osr_tuner_create(&tuner, ctx.get(), rule.get(), task.get(), task.get(), &options),
          ctx.get());
    ck_ok(l2osr_tuner_run(tuner), ctx.get());
    ck_ok(l2osr_tuner_rule(tuner, &tuned), ctx.get());
    ck_assert_double_lt(l2osr_tuner_best_loss(tuner), l2osr_tuner_first_loss(tuner));
    ck_assert_str_ne(l2osr_rule_text(tuned), l2osr_rule_text(rule.get()));
    l2osr_rule_free(tuned);
    l2osr_tuner_free(tuner);
}
END_TEST

START_TEST(images_are_batches_of_the_draw) {
    Context ctx(test_context());
    l2osr_dataset *set;
    ck_ok(l2osr_dataset_digits(&set, ctx.get(), 40, 1), ctx.get());
    {
        const adapter::Loader loader(set, 8), scaled(set, 8, 16);
        const l2osr_draw draw = {1, 3};
        size_t items[8];
        ck_assert_uint_eq(l2osr_draw_items(&draw, 40, 8, items), 8);
        const adapter::Batch batch = loader.at(draw);
        for (int64_t i = 0; i < 8; i++) {
            const float pixel = batch.images[i][0][14][13].item<float>();
            ck_assert_int_eq(batch.labels[i].item<int64_t>(), l2osr_dataset_label(set, items[i]));
            ck_assert_float_eq_tol(
                pixel, l2osr_dataset_image(set, items[i])[14 * 28 + 13] / 255.0f - 0.5f, 1e-6);
        }
        ck_assert(scaled.at(draw).images.sizes() == at::IntArrayRef({8, 1, 16, 16}));
        nn::Sequential net = adapter::small_network({1, 10, adapter::Stem::small});
        const double share = adapter::accuracy(net, loader);
        ck_assert(share >= 0 && share <= 1 && std::fmod(share * 40 + 1e-9, 1) < 1e-6);
    }
    l2osr_dataset_free(set);
}
END_TEST

/* ---- optimizers ---- */

void take_step(nn::Sequential net, torch::optim::Optimizer &optimizer, uint64_t index) {
    optimizer.zero_grad();
    adapter::loss_of(net, noise({2, index})).backward();
    optimizer.step();
}

/* Both train a network of their own; the parameters stay together. */
void compare(nn::Sequential ours, torch::optim::Optimizer &our_steps, nn::Sequential torchs,
             torch::optim::Optimizer &torch_steps) {
    const Tensor start = flat_parameters(ours);
    for (uint64_t i = 0; i < 20; i++) {
        take_step(ours, our_steps, i);
        take_step(torchs, torch_steps, i);
        ck_assert_double_le(distance(flat_parameters(ours), flat_parameters(torchs)), 1e-6);
    }
    ck_assert_double_ge(distance(start, flat_parameters(ours)), 1e-2);
}

START_TEST(sgd_is_that_of_torch) {
    Context ctx(test_context());
    nn::Sequential ours = small_module(), torchs = small_module();
    adapter::Optimizer a(ctx.get(), preset(ctx, "sgd").get(), ours->parameters());
    torch::optim::SGD b(torchs->parameters(), torch::optim::SGDOptions(0.1));
    ck_assert_double_eq(a.param_groups()[0].options().get_lr(), 0.1); /* the rule's */
    compare(ours, a, torchs, b);
}
END_TEST

START_TEST(adam_is_that_of_torch) {
    Context ctx(test_context());
    nn::Sequential ours = small_module(), torchs = small_module();
    adapter::Optimizer a(ctx.get(), preset(ctx, "adam").get(), ours->parameters(),
                         adapter::OptimizerOptions(0.003));
    torch::optim::Adam b(torchs->parameters(), torch::optim::AdamOptions(0.003));
    compare(ours, a, torchs, b);
}
END_TEST

START_TEST(weight_decay_is_that_of_torch) {
    Context ctx(test_context());
    nn::Sequential ours = small_module(), torchs = small_module();
    adapter::Optimizer a(ctx.get(), preset(ctx, "adamw").get(), ours->parameters(),
                         adapter::OptimizerOptions(0.003).weight_decay(0.2));
    torch::optim::AdamW b(torchs->parameters(),
                          torch::optim::AdamWOptions(0.003).weight_decay(0.2));
    compare(ours, a, torchs, b);
}
END_TEST

/* A group with a step size of its own, and a scheduler of torch above both. */
START_TEST(groups_and_schedulers_work) {
    Context ctx(test_context());
    nn::Sequential ours = small_module(), torchs = small_module();
    const auto groups = [](nn::Sequential net, auto options) {
        const std::vector<Tensor> all = net->parameters();
        std::vector<torch::optim::OptimizerParamGroup> both;
        both.emplace_back(std::vector<Tensor>(all.begin(), all.begin() + 2));
        both.emplace_back(std::vector<Tensor>(all.begin() + 2, all.end()), std::move(options));
        return both;
    };
    adapter::Optimizer a(ctx.get(), preset(ctx, "sgd").get(),
                         groups(ours, std::make_unique<adapter::OptimizerOptions>(0.3)));
    torch::optim::SGD b(groups(torchs, std::make_unique<torch::optim::SGDOptions>(0.3)), 0.1);
    torch::optim::StepLR ours_lr(a, 2, 0.5), torchs_lr(b, 2, 0.5);
    for (uint64_t i = 0; i < 8; i++) {
        take_step(ours, a, i);
        take_step(torchs, b, i);
        ours_lr.step();
        torchs_lr.step();
        ck_assert_double_le(distance(flat_parameters(ours), flat_parameters(torchs)), 1e-6);
    }
    const double lr = a.param_groups()[1].options().get_lr();
    ck_assert_double_eq(lr, b.param_groups()[1].options().get_lr());
    ck_assert_double_lt(lr, 0.1);
}
END_TEST

/* The adapter's groups of a rule are the parameters, as those of a task are. */
START_TEST(constants_of_groups_are_those_of_parameters) {
    Context ctx(test_context());
    l2osr_rule *rule;
    ck_ok(l2osr_rule_parse(&rule, ctx.get(), "l2osr-rule 1\nupdate = -{1, 2, 3} * g\n", nullptr),
          ctx.get());
    std::vector<Tensor> all;
    for (int i = 0; i < 4; i++)
        all.push_back(torch::zeros({2}, at::requires_grad()));
    adapter::Optimizer a(ctx.get(), rule, {all[0], all[1]});
    a.add_param_group(torch::optim::OptimizerParamGroup({all[2], all[3]}));
    for (Tensor &parameter : all)
        parameter.mutable_grad() = torch::ones({2});
    a.step();
    for (size_t i = 0; i < 4; i++)
        ck_assert_double_eq(all[i][1].item<double>(), -static_cast<double>(i < 3 ? i + 1 : 3));
    l2osr_rule_free(rule);
}
END_TEST

/* As in torch, the count and the moments of what is left out stay as they are. */
START_TEST(parameters_without_gradient_are_left_out) {
    Context ctx(test_context());
    nn::Sequential ours = small_module(), torchs = small_module();
    adapter::Optimizer a(ctx.get(), preset(ctx, "adam").get(), ours->parameters());
    torch::optim::Adam b(torchs->parameters(), torch::optim::AdamOptions(0.001));
    for (uint64_t i = 0; i < 12; i++) {
        for (auto pair : {std::make_pair(ours, static_cast<torch::optim::Optimizer *>(&a)),
                          std::make_pair(torchs, static_cast<torch::optim::Optimizer *>(&b))}) {
            for (Tensor &parameter : pair.first->parameters())
                parameter.mutable_grad() = Tensor();
            adapter::loss_of(pair.first, noise({2, i})).backward();
            if (i % 3 != 0)
                pair.first->parameters()[i % 4].mutable_grad() = Tensor();
            pair.second->step();
        }
        ck_assert_double_le(distance(flat_parameters(ours), flat_parameters(torchs)), 1e-6);
    }
}
END_TEST

START_TEST(gradients_that_are_not_finite_are_left_out) {
    Context ctx(test_context());
    Tensor good = torch::ones({3}, at::requires_grad()),
           bad = torch::ones({3}, at::requires_grad());
    adapter::Optimizer a(ctx.get(), preset(ctx, "sgd").get(), std::vector<Tensor>{good, bad});
    good.mutable_grad() = torch::ones({3});
    bad.mutable_grad() = torch::full({3}, NAN);
    a.step();
    ck_assert_uint_eq(a.refused(), 1);
    ck_assert_double_eq_tol(good[0].item<double>(), 0.9, 1e-6);
    ck_assert_double_eq(bad[0].item<double>(), 1);
}
END_TEST

START_TEST(unusable_parameters_are_refused_before_any_step) {
    Context ctx(test_context());
    Tensor good = torch::ones({3}, at::requires_grad());
    Tensor across = torch::ones({2, 3}).t().requires_grad_();
    adapter::Optimizer a(ctx.get(), preset(ctx, "sgd").get(), std::vector<Tensor>{good, across});
    good.mutable_grad() = torch::ones({3});
    across.mutable_grad() = torch::ones({3, 2});
    std::string message;
    try {
        a.step();
    } catch (const std::invalid_argument &error) {
        message = error.what();
    }
    ck_assert_msg(message.find("[3, 2]") != std::string::npos, "%s", message.c_str());
    ck_assert_double_eq(good[0].item<double>(), 1);
    across.mutable_grad() = Tensor();
    good.mutable_grad() = torch::ones({2});
    message.clear();
    try {
        a.step();
    } catch (const std::invalid_argument &error) {
        message = error.what();
    }
    ck_assert_msg(message.find("same shape") != std::string::npos, "%s", message.c_str());
}
END_TEST

START_TEST(gradients_may_lie_across) {
    Context ctx(test_context());
    Tensor x = torch::zeros({2, 3}, at::requires_grad());
    adapter::Optimizer a(ctx.get(), preset(ctx, "sgd").get(), std::vector<Tensor>{x},
                         adapter::OptimizerOptions(1));
    x.mutable_grad() = torch::arange(6, at::kFloat).view({3, 2}).t();
    const auto version = x._version();
    const Tensor expected = -x.grad();
    a.step();
    ck_assert(torch::equal(x.detach(), expected));
    ck_assert_int_gt(x._version(), version); /* autograd sees that it has changed */
}
END_TEST

START_TEST(saved_states_go_on_to_the_last_bit) {
    Context ctx(test_context());
    const Rule rule = preset(ctx, "eq6"); /* with lags, moments and the count of steps */
    nn::Sequential net = small_module(), twin = small_module();
    adapter::Optimizer a(ctx.get(), rule.get(), net->parameters()),
        b(ctx.get(), rule.get(), twin->parameters(), adapter::OptimizerOptions(5));
    for (uint64_t i = 0; i < 5; i++)
        take_step(net, a, i);
    std::stringstream file, weights;
    torch::save(a, file);
    torch::save(net, weights);
    torch::load(b, file);
    torch::load(twin, weights);
    for (uint64_t i = 5; i < 10; i++) {
        take_step(net, a, i);
        take_step(twin, b, i);
    }
    ck_assert(torch::equal(flat_parameters(net), flat_parameters(twin)));
}
END_TEST

START_TEST(states_of_another_rule_are_refused) {
    Context ctx(test_context());
    nn::Sequential net = small_module(), twin = small_module();
    adapter::Optimizer adam(ctx.get(), preset(ctx, "adam").get(), net->parameters());
    adapter::Optimizer same(ctx.get(), preset(ctx, "adam").get(), twin->parameters());
    adapter::Optimizer other(ctx.get(), preset(ctx, "momentum").get(),
                             small_module()->parameters());
    take_step(net, adam, 0);
    take_step(twin, same, 0);
    std::stringstream file;
    torch::save(other, file);
    bool refused = false;
    try {
        torch::load(adam, file);
    } catch (const std::exception &) {
        refused = true;
    }
    ck_assert(refused);
    take_step(net, adam, 1); /* and the optimizer is as before */
    take_step(twin, same, 1);
    ck_assert(torch::equal(flat_parameters(net), flat_parameters(twin)));
}
END_TEST

/* ---- networks ---- */

START_TEST(networks_have_the_published_sizes) {
    const adapter::Shape imagenet = {3, 1000, adapter::Stem::imagenet};
    ck_assert_int_eq(adapter::size_of(adapter::resnet18(imagenet)), 11689512);
    ck_assert_int_eq(adapter::size_of(adapter::resnet50(imagenet)), 25557032);
    ck_assert_int_eq(adapter::size_of(adapter::mobilenetv2(imagenet)), 3504872);
}
END_TEST

START_TEST(networks_score_images) {
    for (const adapter::Stem stem : {adapter::Stem::small, adapter::Stem::imagenet})
        for (const auto make :
             {adapter::resnet18, adapter::resnet50, adapter::mobilenetv2, adapter::small_network}) {
            torch::NoGradGuard no_grad;
            nn::Sequential net = make({1, 7, stem});
            net->eval();
            const Tensor scores = net->forward(torch::zeros({2, 1, 32, 32}));
            ck_assert(scores.sizes() == at::IntArrayRef({2, 7}));
        }
}
END_TEST

START_TEST(a_batch_of_a_residual_network_is_as_torch_has_it) {
    Context ctx(test_context());
    l2osr_dataset *set;
    ck_ok(l2osr_dataset_digits(&set, ctx.get(), 8, 1), ctx.get());
    {
        const adapter::Loader loader(set, 4, 16);
        nn::Sequential net = adapter::resnet18({1, 10, adapter::Stem::small});
        const adapter::Task task(ctx.get(), adapter::classifier("resnet18", net, loader, loader));
        std::vector<float> x(l2osr_task_dim(task.get())), grad(x.size());
        const l2osr_draw draw = {1, 0};
        double loss, accuracy;
        ck_ok(l2osr_task_init_f32(task.get(), 1, x.data()), ctx.get());
        ck_ok(l2osr_task_loss_grad_f32(task.get(), &draw, x.data(), &loss, grad.data()), ctx.get());
        ck_assert(std::isfinite(loss));
        adapter::loss_of(net, loader.at(draw)).backward();
        const float *part = grad.data();
        for (const Tensor &parameter : net->parameters()) {
            const Tensor ours =
                torch::from_blob(const_cast<float *>(part), parameter.sizes(), at::kFloat);
            const double scale = parameter.grad().abs().max().item<double>();
            ck_assert_double_le(distance(ours, parameter.grad()), 1e-5 * scale + 1e-9);
            part += parameter.numel();
        }
        std::vector<double> point(x.begin(), x.end());
        ck_ok(l2osr_task_metric(task.get(), point.data(), &accuracy), ctx.get());
        ck_assert(accuracy >= 0 && accuracy <= 1);
    }
    l2osr_dataset_free(set);
}
END_TEST

Suite *suite() {
    Suite *s = suite_create("libtorch");
    TCase *tasks = tcase_create("tasks"), *optimizers = tcase_create("optimizers"),
          *networks = tcase_create("networks");
    tcase_add_test(tasks, groups_are_the_parameters_by_name);
    tcase_add_test(tasks, starts_are_functions_of_the_seed);
    tcase_add_test(tasks, he_starts_have_the_deviation_of_the_fan_in);
    tcase_add_test(tasks, loss_and_gradient_are_those_of_torch);
    tcase_add_test(tasks, hessian_products_are_differences_of_gradients);
    tcase_add_test(tasks, exceptions_stay_within_and_are_kept);
    tcase_add_test(tasks, unusable_modules_are_refused);
    tcase_add_test(tasks, dropout_belongs_to_the_draw);
    tcase_add_test(tasks, buffers_go_back_with_every_start);
    tcase_add_test(tasks, rules_are_tuned_on_modules);
    tcase_add_test(tasks, images_are_batches_of_the_draw);
    tcase_add_test(optimizers, sgd_is_that_of_torch);
    tcase_add_test(optimizers, adam_is_that_of_torch);
    tcase_add_test(optimizers, weight_decay_is_that_of_torch);
    tcase_add_test(optimizers, groups_and_schedulers_work);
    tcase_add_test(optimizers, constants_of_groups_are_those_of_parameters);
    tcase_add_test(optimizers, parameters_without_gradient_are_left_out);
    tcase_add_test(optimizers, gradients_that_are_not_finite_are_left_out);
    tcase_add_test(optimizers, unusable_parameters_are_refused_before_any_step);
    tcase_add_test(optimizers, gradients_may_lie_across);
    tcase_add_test(optimizers, saved_states_go_on_to_the_last_bit);
    tcase_add_test(optimizers, states_of_another_rule_are_refused);
    tcase_add_test(networks, networks_have_the_published_sizes);
    tcase_add_test(networks, networks_score_images);
    tcase_add_test(networks, a_batch_of_a_residual_network_is_as_torch_has_it);
    suite_add_tcase(s, tasks);
    suite_add_tcase(s, optimizers);
    suite_add_tcase(s, networks);
    return s;
}

} // namespace

int main() {
    Suite *const suites[] = {suite()};
    return test_main(suites, 1);
}
