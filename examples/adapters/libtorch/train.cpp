/* SPDX-License-Identifier: MIT */
/* Trains a network of torch with a rule and, beside it, with torch's Adam: the same start and the
 * same minibatches. With --tune the constants of the rule first learn on that network. */
#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>
#include <stdexcept>

#include <ATen/Parallel.h>
#include <torch/optim/adam.h>
#include <torch/types.h>

#include "classifier.hpp"
#include "networks.hpp"

extern "C" {
#include "common.h"
}

namespace adapter = l2osr::torch;

namespace {

struct Settings {
    const char *net = "small", *rule = "adam", *data = nullptr, *cifar = nullptr;
    const char *csv = nullptr, *out = nullptr;
    double lr = -1, adam_lr = 0.001;
    size_t steps = 200, batch = 64, size = 0, test = 1000, tune = 0, threads = 0, seed = 1;
    bool imagenet = false;
};

Settings read_settings(int argc, char **argv) {
    Settings s;
    const flag flags[] = {
        {"net", flag::FLAG_TEXT, &s.net, "small, resnet18, resnet50 or mobilenetv2"},
        {"rule", flag::FLAG_TEXT, &s.rule, "rule file, name of a built-in rule, or a rule"},
        {"lr", flag::FLAG_NUMBER, &s.lr, "its step size; negative: its own"},
        {"adam-lr", flag::FLAG_NUMBER, &s.adam_lr, "step size of torch's Adam"},
        {"steps", flag::FLAG_COUNT, &s.steps, "steps of training"},
        {"batch", flag::FLAG_COUNT, &s.batch, "images of a minibatch"},
        {"size", flag::FLAG_COUNT, &s.size, "rows and columns to scale images to; 0: as they are"},
        {"imagenet", flag::FLAG_BOOL, &s.imagenet, "networks begin as for ImageNet"},
        {"test", flag::FLAG_COUNT, &s.test, "images to measure accuracy on"},
        {"data", flag::FLAG_TEXT, &s.data, "folder with MNIST-like IDX files"},
        {"cifar", flag::FLAG_TEXT, &s.cifar, "folder with .bin files of CIFAR-10 or -100 instead"},
        {"tune", flag::FLAG_COUNT, &s.tune, "meta-steps that tune the rule before; 0: none"},
        {"out", flag::FLAG_TEXT, &s.out, "file for the tuned rule"},
        {"csv", flag::FLAG_TEXT, &s.csv, "file for the losses of each step"},
        {"threads", flag::FLAG_COUNT, &s.threads, "0: one per processor"},
        {"seed", flag::FLAG_COUNT, &s.seed, "of everything random"},
    };
    read_flags(argc, argv, "Trains a network of torch with a rule, beside torch's Adam.", flags,
               std::size(flags), nullptr, nullptr, 0);
    if (s.batch == 0 || s.steps == 0 || s.test == 0)
        fail("--batch, --steps and --test are at least 1");
    if (s.data && s.cifar)
        fail("--data and --cifar: choose one");
    if (s.out && s.tune == 0)
        fail("--out is for the rule that --tune makes");
    if (s.csv)
        check_output(s.csv);
    if (s.out)
        check_output(s.out);
    return s;
}

torch::nn::Sequential make_network(const Settings &s, const l2osr_dataset *set) {
    static const struct {
        const char *name;
        torch::nn::Sequential (*make)(const adapter::Shape &);
    } networks[] = {{"small", adapter::small_network},
                    {"resnet18", adapter::resnet18},
                    {"resnet50", adapter::resnet50},
                    {"mobilenetv2", adapter::mobilenetv2}};
    const adapter::Shape shape = {static_cast<int64_t>(l2osr_dataset_channels(set)),
                                  static_cast<int64_t>(l2osr_dataset_classes(set)),
                                  s.imagenet ? adapter::Stem::imagenet : adapter::Stem::small};
    for (const auto &network : networks)
        if (std::strcmp(network.name, s.net) == 0)
            return network.make(shape);
    fail("no network '%s': small, resnet18, resnet50, mobilenetv2", s.net);
}

/* ---- tuning ---- */

/* The rule with constants that have learned on the network; `rule` is given up. */
l2osr_rule *tune(l2osr_context *ctx, const Settings &s, l2osr_rule *rule,
                 const adapter::Problem &problem) {
    const adapter::Task task(ctx, problem);
    l2osr_tuner_options options = L2OSR_TUNER_OPTIONS_INIT;
    l2osr_tuner *tuner = nullptr;
    l2osr_rule *tuned = nullptr;
    options.meta_steps = s.tune;
    options.horizon = 40; /* an episode of networks takes long */
    options.validate_runs = 1;
    must(ctx, l2osr_tuner_create(&tuner, ctx, rule, task.get(), task.get(), &options));
    const l2osr_status status = l2osr_tuner_run(tuner);
    if (status == L2OSR_ECALLBACK)
        fail("%s", task.error());
    if (stopped(ctx, status))
        std::puts("stopped; keeping the best constants so far");
    must(ctx, l2osr_tuner_rule(tuner, &tuned));
    std::printf("\ntuned: validation loss %.4f before, %.4f after\n%s",
                l2osr_tuner_first_loss(tuner), l2osr_tuner_best_loss(tuner),
                l2osr_rule_text(tuned));
    l2osr_tuner_free(tuner);
    l2osr_rule_free(rule);
    if (s.out)
        must(ctx, l2osr_rule_save(tuned, s.out));
    return tuned;
}

/* ---- training ---- */

/* A network, what trains it, and how that went. */
struct Run {
    const char *name;
    torch::nn::Sequential net;
    std::unique_ptr<torch::optim::Optimizer> optimizer;
    std::vector<double> losses;
    double seconds = 0;

    void step(const adapter::Batch &batch) {
        const double began = time_now();
        optimizer->zero_grad();
        const torch::Tensor loss = adapter::loss_of(net, batch);
        losses.push_back(loss.item<double>());
        if (!std::isfinite(losses.back()))
            fail("%s, step %zu: the loss is %g; try a smaller step size", name, losses.size(),
                 losses.back());
        loss.backward();
        optimizer->step();
        seconds += time_now() - began;
    }

    /* Of the last n steps. */
    double mean_loss(size_t n) const {
        double sum = 0;
        for (size_t i = losses.size() - n; i < losses.size(); i++)
            sum += losses[i];
        return sum / static_cast<double>(n);
    }
};

std::vector<Run> make_runs(l2osr_context *ctx, const Settings &s, l2osr_rule *rule,
                           const l2osr_dataset *set) {
    std::vector<Run> runs;
    runs.push_back({"rule", make_network(s, set), nullptr, {}});
    runs.push_back({"torch's Adam", make_network(s, set), nullptr, {}});
    for (Run &run : runs)
        adapter::he_start(*run.net, s.seed);
    runs[0].optimizer = std::make_unique<adapter::Optimizer>(ctx, rule, runs[0].net->parameters(),
                                                             adapter::OptimizerOptions(s.lr));
    runs[1].optimizer = std::make_unique<torch::optim::Adam>(runs[1].net->parameters(),
                                                             torch::optim::AdamOptions(s.adam_lr));
    return runs;
}

void print_row(const char *first, const std::vector<double> &values, const char *format) {
    std::printf("%-16s", first);
    for (const double value : values)
        std::printf(format, value);
    std::puts("");
    std::fflush(stdout);
}

/* Whether it came to the end. */
bool train(l2osr_context *ctx, const Settings &s, std::vector<Run> &runs,
           const adapter::Loader &loader) {
    const size_t report = s.steps < 10 ? 1 : s.steps / 10;
    std::printf("\n%-16s%14s%14s\n", "mean loss", runs[0].name, runs[1].name);
    for (size_t step = 0; step < s.steps; step++) {
        if (l2osr_context_canceled(ctx))
            return false;
        const adapter::Batch batch = loader.at({s.seed, step});
        for (Run &run : runs)
            run.step(batch);
        if ((step + 1) % report == 0)
            print_row(("to step " + std::to_string(step + 1)).c_str(),
                      {runs[0].mean_loss(report), runs[1].mean_loss(report)}, "%14.4f");
    }
    return true;
}

void write_csv(const char *path, const std::vector<Run> &runs) {
    FILE *file = begin_output(path);
    std::fprintf(file, "step,rule,adam\n");
    for (size_t step = 0; step < runs[0].losses.size(); step++)
        std::fprintf(file, "%zu,%.9g,%.9g\n", step + 1, runs[0].losses[step], runs[1].losses[step]);
    end_output(file, path);
}

void report(const std::vector<Run> &runs, const adapter::Loader &test) {
    std::vector<double> accuracies, milliseconds;
    for (const Run &run : runs) {
        accuracies.push_back(adapter::accuracy(run.net, test));
        milliseconds.push_back(1e3 * run.seconds / static_cast<double>(run.losses.size()));
    }
    print_row("accuracy", accuracies, "%14.4f");
    print_row("ms a step", milliseconds, "%14.1f");
}

/* Whether it came to the end. */
bool compare(l2osr_context *ctx, const Settings &s, l2osr_rule **rule, const images &images,
             const l2osr_dataset *some) {
    const adapter::Loader loader(images.train, s.batch, s.size), test(some, s.batch, s.size);
    const torch::nn::Sequential net = make_network(s, images.train);
    std::printf("%s on %s: %lld parameters, minibatches of %zu\n", s.net, images.name,
                static_cast<long long>(adapter::size_of(net)), loader.batch());
    if (s.tune > 0)
        *rule = tune(ctx, s, *rule, adapter::classifier(s.net, net, loader, test));
    std::vector<Run> runs = make_runs(ctx, s, *rule, images.train);
    const bool finished = train(ctx, s, runs, loader);
    if (finished)
        report(runs, test);
    if (s.csv)
        write_csv(s.csv, runs);
    return finished;
}

int run(const Settings &s) {
    l2osr_context *ctx = open_session(s.threads, s.seed);
    at::set_num_threads(static_cast<int>(l2osr_context_threads(ctx)));
    l2osr_rule *rule = open_rule(ctx, s.rule);
    images images = s.cifar ? load_cifar(ctx, s.cifar) : load_images(ctx, s.data);
    l2osr_dataset *some;
    must(ctx, l2osr_dataset_part(&some, ctx, images.test, 0,
                                 std::min(s.test, l2osr_dataset_size(images.test)), 0));
    const bool finished = compare(ctx, s, &rule, images, some);
    l2osr_dataset_free(some);
    free_images(&images);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
    return finished ? 0 : 130;
}

} // namespace

int main(int argc, char **argv) {
    try {
        return run(read_settings(argc, argv));
    } catch (const c10::Error &error) {
        fail("%s", error.what_without_backtrace());
    } catch (const std::exception &error) {
        fail("%s", error.what());
    }
}
