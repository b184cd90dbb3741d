/* SPDX-License-Identifier: MIT */
#include "emit_cases.h"

#include <stdio.h>

const size_t group_lengths[2] = {FIRST, SECOND};

/* Deeper than the brackets that Python takes. */
#define FOUR(e)    "(g + 0.5 * (x - 0.5 * (g + 0.5 * (x - 0.5 * " e "))))"
#define SIXTEEN(e) FOUR(FOUR(FOUR(FOUR(e))))

/* Beside the built-in rules. */
static const char *const texts[] = {
    "update = 0.01\n",
    "update = g[2]\n",
    "update = -lr * (g + 0.5 * g[1] - 0.25 * g[3])\n",
    "update = -lr * g + 0.9 * update[1]\n",
    "update = -lr * g + 0.5 * update[1] - 0.25 * update[4] + 0.001 * ema(update[2], 0.5)\n",
    "update = -lr * norm(update[1]) - 0.01 / t\n",
    "let m = ema(g, ~0.9)\nupdate = -lr * (m + m[2] - m[1][2]) - lr * wd * x\n",
    "let k = ema(1 / t, 0.5)\nlet d = dsum(lr, 0.9)\nupdate = -(lr + 0.1 * k[2]) * g + d * 0.01 * "
    "x[1]\n",
    "let top = dmax(abs(g), 0.99)\nupdate = -lr * g / (top + 1e-08) * dmax(1 / t, 0.5)\n",
    "update = -lr * g * min(1, 1 / norm(g))\n",
    "let m = ema(g, 0.9)\nlet u = m / (rms(m) + norm(x))\nupdate = -lr * u / (1 + mean(abs(u))) - "
    "lr * m[1]\n",
    "update = -lr * g * ema(norm(g), 0.5) / (1 + norm(lr))\n",
    "let b = {0.9, 0.5}\nupdate = -{0.1, 0.01, 7} * ema(g, b) - lr * x\n",
    "update = -lr * (sign(g) + relu(x) + clip(g, 0.5) + greater(g, x) + abs(g) + sqrtm(x))\n",
    "update = -lr * (min(g, x) * max(g, 0.1) + (g^3 + square(x)) / (g^2 + ~2) + cube(x))\n",
    "let double = tanh(g)\nlet for = exp(-abs(x)) + sinh(double) + asinh(g)\n"
    "let n = erfc(g) + sigmoid(x) + elu(g)\nupdate = -lr * (double + for * n)\n",
    "update = -lr * (log(abs(g) + 1) + logm(x) + pow(g, 0.5) + abs(x)^1.5 + 0.9^t + (t / 2)^g)\n",
    "update = -lr * (log1p(abs(g)) + softsign(x) + atan(g) + sin(10 * g) + cos(x))\n",
    "update = -lr * " SIXTEEN(FOUR(FOUR(FOUR("g")))) "\n",
    "let m = ema(g, 0.9)\nupdate = -lr * (wsum(g * x, 3) + wsum(m, 4)) + 0.1 * wsum(update[1], "
    "2)\n",
    "let r = cosine(~1, 3, 0.5, 8, 0.1)\nupdate = -lr * r * ema(g, linear(0.5, 4, 0.9)) + 0.01 * "
    "r[2]\n",
    "let lr_0 = sqrt(t)\nlet lr_1 = lr / lr_0\nlet _x = g\nupdate = -lr_1 * _x * cos(0)\n",
};

enum { TEXTS = sizeof texts / sizeof texts[0] };

static size_t presets(void) {
    size_t count = 0;
    while (l2osr_rule_preset_name(count))
        count++;
    return count;
}

size_t emit_cases(void) {
    return TEXTS + presets();
}

l2osr_rule *read_case(l2osr_context *ctx, size_t index) {
    char text[2048];
    l2osr_rule *rule;
    if (index >= TEXTS) {
        ck_ok(l2osr_rule_preset(&rule, ctx, l2osr_rule_preset_name(index - TEXTS)), ctx);
        return rule;
    }
    snprintf(text, sizeof text, "l2osr-rule 1\n%s", texts[index]);
    return read_rule(ctx, text);
}

l2osr_step_args args_of(int step) {
    l2osr_step_args args = L2OSR_STEP_ARGS_INIT;
    args.lr = step < 8 ? -1 : 0.1 / step;
    args.weight_decay = step < 12 ? -1 : 0.05;
    return args;
}

void fill_start(double *x, size_t n) {
    fill_gradient(x, n, 1000);
}

l2osr_stepper *make_groups(l2osr_context *ctx, l2osr_rule *rule, l2osr_dtype precision) {
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    l2osr_stepper *stepper;
    o.precision = precision;
    ck_ok(l2osr_stepper_create(&stepper, ctx, rule, 2, group_lengths, &o), ctx);
    return stepper;
}
