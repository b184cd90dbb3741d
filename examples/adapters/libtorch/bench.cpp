/* SPDX-License-Identifier: MIT */
/* First-order meta-steps of a distilled rule: in the library, and with torch's autograd. */
#include <array>
#include <cmath>
#include <cstdio>

#include <ATen/Parallel.h>
#include <torch/autograd.h>
#include <torch/optim/adam.h>
#include <torch/types.h>

#include "classifier.hpp"

extern "C" {
#include "meta/meta.h"
#include "peak.h"
#include "steps.h"
}

namespace adapter = l2osr::torch;
using torch::Tensor;

namespace {

enum { BATCH = 128, PIXELS = 784, FIRST = 30, SECOND = 20, CLASSES = 10 };

/* What is tuned is marked, and the step size is tuned as well. */
const char *const rule_text = "l2osr-rule 1\n"
                              "let b = 0.95\n"
                              "let m = ema(g, b)\n"
                              "let mhat = m / (1 - b^t)\n"
                              "let vhat = ema(g^2, b) / (1 - b^t)\n"
                              "let vs = sqrt(vhat) + 1e-12\n"
                              "let mt = mhat / vs\n"
                              "let gt = g / vs\n"
                              "default lr = 0.01\n"
                              "update = lr * (~-0.312 * asinh(gt + ~5.23 * ema(mt, ~0.572)))\n";

/* ---- the library's ---- */

struct Library {
    l2osr_context *ctx;
    l2osr_rule *rule;
    l2osr_task *mlp, *aside; /* the latter to validate on in no time */
};

/* One meta-step from a new start. Making the tuner is part of it. */
void run_library(void *user) {
    const auto *library = static_cast<const Library *>(user);
    l2osr_tuner_options options = L2OSR_TUNER_OPTIONS_INIT;
    l2osr_tuner *tuner;
    options.meta_steps = options.validate_runs = 1;
    options.unroll = options.horizon = UNROLL;
    must(l2osr_tuner_create(&tuner, library->ctx, library->rule, library->mlp, library->aside,
                            &options));
    must(l2osr_tuner_run(tuner));
    l2osr_tuner_free(tuner);
}

/* ---- torch's ---- */

/* All parameters are one vector, which is the fastest way to write a rule in torch. */
Tensor mlp_loss(const Tensor &x, const adapter::Batch &batch) {
    const std::array<int64_t, 4> sizes = {PIXELS, FIRST, SECOND, CLASSES};
    Tensor a = batch.images.flatten(1);
    int64_t at = 0;
    for (size_t layer = 0; layer + 1 < sizes.size(); layer++) {
        const int64_t in = sizes[layer], out = sizes[layer + 1];
        const Tensor w = x.narrow(0, at, in * out).view({out, in});
        const Tensor b = x.narrow(0, at + in * out, out);
        a = torch::addmm(b, a, w.t());
        at += in * out + out;
        if (layer + 2 < sizes.size())
            a = torch::relu(a);
    }
    return torch::nll_loss(torch::log_softmax(a, 1), batch.labels);
}

/* Meta-training as torch's users write it: the updates of a window are one graph, into which
 * gradients enter as constants. */
class Torch {
  public:
    /** @param in_graph the losses are in it too, as in the published code. Otherwise the
     * gradients that were fed serve a second time, as slopes of the losses. */
    Torch(const adapter::Loader &loader, bool in_graph) : loader_(loader), in_graph_(in_graph) {
        for (const double constant : {0.312, 5.23, 0.01})
            theta_.push_back(torch::tensor(std::log(constant), at::requires_grad()));
        theta_.push_back(torch::tensor(std::log(0.572 / (1 - 0.572)), at::requires_grad()));
        adam_ = std::make_unique<torch::optim::Adam>(theta_, torch::optim::AdamOptions(0.01));
    }

    void restart(uint64_t seed) {
        const int64_t n =
            PIXELS * FIRST + FIRST + FIRST * SECOND + SECOND + SECOND * CLASSES + CLASSES;
        Tensor start = torch::empty({n}, at::kDouble);
        l2osr_random_normal(seed, 0, 0, 0.01, start.data_ptr<double>(), static_cast<size_t>(n));
        x_ = start.to(at::kFloat);
        m_ = v_ = ema_ = torch::zeros({n});
        draw_ = {seed, 0};
    }

    /* Puts the derivatives of the logarithm of a window's loss into the constants' .grad(). */
    void window() {
        const Constants constants = {-theta_[0].exp(), theta_[1].exp(), theta_[2].exp(),
                                     theta_[3].sigmoid()};
        Tensor sum = torch::zeros({});
        double losses = 0;
        for (int step = 0; step <= UNROLL; step++) {
            const Tensor g = feed(&sum, &losses);
            if (step < UNROLL)
                x_ = x_ + update(g, constants);
        }
        adam_->zero_grad();
        (sum / losses).backward();
        x_ = x_.detach();
        ema_ = ema_.detach();
    }

    void meta_step() {
        restart(1);
        window();
        adam_->step();
    }

    Tensor slopes() const {
        std::vector<Tensor> all;
        for (const Tensor &theta : theta_)
            all.push_back(theta.grad());
        return torch::stack(all);
    }

  private:
    /* The gradient here, and what follows from it for the meta-loss. */
    Tensor feed(Tensor *sum, double *losses) {
        const adapter::Batch batch = loader_.at(draw_);
        draw_.index++;
        const bool first = !x_.requires_grad(); /* nothing tuned has led here yet */
        const Tensor at = in_graph_ && !first ? x_ : x_.detach().requires_grad_();
        const Tensor loss = mlp_loss(at, batch);
        const Tensor g = torch::autograd::grad({loss}, {at}, {}, in_graph_)[0];
        if (!first)
            *sum = *sum + (in_graph_ ? loss : (g * x_).sum());
        *losses += loss.item<double>();
        return g;
    }

    struct Constants {
        Tensor outer, inner, lr, decay;
    };

    Tensor update(const Tensor &g, const Constants &constants) {
        const double b = 0.95, correction = 1 - std::pow(b, static_cast<double>(draw_.index));
        m_ = b * m_ + (1 - b) * g;
        v_ = b * v_ + (1 - b) * g * g;
        const Tensor scale = (v_ / correction).sqrt() + 1e-12;
        const Tensor mt = m_ / correction / scale;
        ema_ = constants.decay * ema_ + (1 - constants.decay) * mt;
        return constants.lr * (constants.outer * torch::asinh(g / scale + constants.inner * ema_));
    }

    adapter::Loader loader_;
    bool in_graph_;
    std::vector<Tensor> theta_; /* logarithms of three constants, the logit of a decay */
    std::unique_ptr<torch::optim::Adam> adam_;
    Tensor x_, m_, v_, ema_;
    l2osr_draw draw_ = {0, 0};
};

void run_torch(void *user) {
    static_cast<Torch *>(user)->meta_step();
}

/* Both ways of torch are the same derivatives, up to rounding. */
bool agree(Torch &one, Torch &other) {
    for (Torch *subject : {&one, &other}) {
        subject->restart(2);
        subject->window();
        subject->window();
    }
    return torch::allclose(one.slopes(), other.slopes(), 1e-3, 1e-6);
}

/* ---- side by side ---- */

int run(bench *bench) {
    const char *name;
    Library library = {context_of(1), nullptr, nullptr, nullptr};
    l2osr_dataset *images = open_images(library.ctx, &name);
    must(l2osr_rule_parse(&library.rule, library.ctx, rule_text, nullptr));
    library.mlp = image_task(library.ctx, images, FIRST, SECOND);
    must(l2osr_task_quadratic(&library.aside, library.ctx, 1, 1, 0, 1));
    const adapter::Loader loader(images, BATCH);
    Torch in_graph(loader, true), reused(loader, false);
    if (!agree(in_graph, reused)) {
        std::fprintf(stderr, "bench: the two ways of torch differ\n");
        return 1;
    }
    const bench_work works[] = {
        {run_library, &library}, {run_torch, &in_graph}, {run_torch, &reused}};
    const char *const names[] = {"l2osr", "torch losses in graph", "torch slopes reused"};
    double seconds[3];
    bench_section(bench, name);
    bench_time(bench, 3, works, seconds);
    for (size_t i = 0; i < 3; i++) {
        bench_report(bench, names[i], "meta-step", 1e3 * seconds[i], "ms");
        bench_report(bench, names[i], "of l2osr", seconds[i] / seconds[0], "times");
    }
    l2osr_task_free(library.aside);
    l2osr_task_free(library.mlp);
    l2osr_rule_free(library.rule);
    l2osr_dataset_free(images);
    l2osr_context_free(library.ctx);
    return 0;
}

} // namespace

int main(int argc, char **argv) {
    int status;
    bench *bench =
        bench_start(argc, argv,
                    "Meta-tuning on one thread: a meta-step is 20 steps of a distilled "
                    "rule on the MLP\n784-30-20-10 with minibatches of 128, one gradient "
                    "more, the first-order derivatives of\n3 constants and the step size, "
                    "and Adam.",
                    nullptr, &status);
    if (!bench)
        return status;
    single_threaded_blas();
    at::set_num_threads(1);
    const int result = run(bench);
    return bench_finish(bench) || result;
}
