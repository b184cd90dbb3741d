/* SPDX-License-Identifier: MIT */
/* The library from C++: handles in unique_ptr, a task of our own, options by the macros. */
#include <l2osr.h>

#include <cmath>
#include <cstdio>
#include <memory>
#include <stdexcept>
#include <vector>

namespace {

template <typename T, void (*Free)(T *)> struct Freer {
    void operator()(T *p) const {
        Free(p);
    }
};
template <typename T, void (*Free)(T *)> using Handle = std::unique_ptr<T, Freer<T, Free>>;

void check(l2osr_status status, l2osr_context *ctx) {
    if (status != L2OSR_OK)
        throw std::runtime_error(l2osr_context_errmsg(ctx));
}

int start(void *, std::uint64_t, double *x) {
    x[0] = 3;
    x[1] = -2;
    return 0;
}

int bowl(void *, const l2osr_draw *, const double *x, double *loss, double *grad) {
    *loss = 0.5 * (x[0] * x[0] + 10 * x[1] * x[1]);
    if (grad) {
        grad[0] = x[0];
        grad[1] = 10 * x[1];
    }
    return 0;
}

double train() {
    l2osr_context_options options = L2OSR_CONTEXT_OPTIONS_INIT;
    options.threads = 1;
    l2osr_context *c = nullptr;
    if (l2osr_context_create(&c, &options) != L2OSR_OK)
        throw std::runtime_error("no context");
    Handle<l2osr_context, l2osr_context_free> ctx(c);

    const l2osr_group group = {"x", 1, {2, 0, 0, 0}};
    l2osr_task_callbacks callbacks = {};
    callbacks.struct_size = sizeof callbacks;
    callbacks.name = "bowl";
    callbacks.groups = &group;
    callbacks.n_groups = 1;
    callbacks.init = start;
    callbacks.loss_grad = bowl;
    l2osr_task *t = nullptr;
    check(l2osr_task_create(&t, c, &callbacks, nullptr), c);
    Handle<l2osr_task, l2osr_task_free> task(t);

    l2osr_rule *r = nullptr;
    check(l2osr_rule_parse(&r, c, "l2osr-rule 1\nupdate = -lr * ema(g, 0.5)\n", nullptr), c);
    Handle<l2osr_rule, l2osr_rule_free> rule(r);

    l2osr_stepper_options precision = L2OSR_STEPPER_OPTIONS_INIT;
    precision.precision = L2OSR_F64;
    const std::size_t length = l2osr_task_dim(t);
    l2osr_stepper *s = nullptr;
    check(l2osr_stepper_create(&s, c, r, 1, &length, &precision), c);
    Handle<l2osr_stepper, l2osr_stepper_free> stepper(s);

    std::vector<double> x(length), g(length);
    double loss = 0;
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    args.lr = 0.05;
    check(l2osr_task_init(t, 0, x.data()), c);
    for (std::uint64_t i = 0; i < 500; i++) {
        const l2osr_draw draw = {0, i};
        check(l2osr_task_loss_grad(t, &draw, x.data(), &loss, g.data()), c);
        check(l2osr_stepper_step_f64(s, x.data(), g.data(), &args), c);
    }
    return loss;
}

} // namespace

int main() {
    try {
        const double loss = train();
        std::printf("l2osr %s from C++: loss %.2e\n", l2osr_version(), loss);
        return loss < 1e-6 ? 0 : 1;
    } catch (const std::exception &error) {
        std::fprintf(stderr, "%s\n", error.what());
        return 1;
    }
}
