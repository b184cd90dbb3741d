/* SPDX-License-Identifier: MIT */
/* The classics as data; each equals torch.optim or its paper to rounding
 * (tests/rule/test_classics.c). */
#include <string.h>

#include "base/text.h"
#include "l2osr/rule.h"

#define RULE "l2osr-rule 1\n"
#define LR(value) "default lr = " value "\n"
#define WD(value) "default wd = " value "\n"

/* Bias-corrected moments. */
#define MOMENTS                                                                                    \
    "let b1 = 0.9\n"                                                                               \
    "let b2 = 0.999\n"                                                                             \
    "let m = ema(g, b1) / (1 - b1^t)\n"                                                            \
    "let v = ema(g^2, b2) / (1 - b2^t)\n"

/* The inputs of the published models: m~ and g~ (Lv et al. 2017). */
#define FEATURES                                                                                   \
    "let b = 0.95\n"                                                                               \
    "let m = ema(g, b) / (1 - b^t)\n"                                                              \
    "let v = ema(g^2, b) / (1 - b^t)\n"                                                            \
    "let vs = sqrt(v) + 1e-12\n"                                                                   \
    "let mt = m / vs\n"                                                                            \
    "let gt = g / vs\n"

static const struct preset {
    const char *name, *text;
} presets[] = {
    {"sgd", RULE LR("0.1") "update = -lr * g\n"},
    {"momentum", RULE LR("0.01") "update = -lr * dsum(g, 0.9)\n"},
    {"nesterov", RULE "let mu = 0.9\n" LR("0.01") "update = -lr * (g + mu * dsum(g, mu))\n"},
    {"adagrad", RULE LR("0.01") "update = -lr * g / (sqrt(dsum(g^2, 1)) + 1e-10)\n"},
    {"rmsprop", RULE "let v = ema(g^2, 0.99)\n" LR("0.01") "update = -lr * g / (sqrt(v) + 1e-8)\n"},
    /* the last change without its step size, which was 0 before the first step */
    {"adadelta", RULE "let rho = 0.9\n"
                      "let last = update[1] / max(lr[1], 1e-30)\n"
                      "let d = ema(last^2, rho)\n"
                      "let v = ema(g^2, rho)\n" LR("1")
                      "update = -lr * g * sqrt(d + 1e-6) / sqrt(v + 1e-6)\n"},
    {"adam", RULE MOMENTS LR("0.001") "update = -lr * m / (sqrt(v) + 1e-8)\n"},
    {"adamw", RULE MOMENTS LR("0.001") WD("0.01")
                  "update = -lr * (m / (sqrt(v) + 1e-8) + wd * x)\n"},
    {"amsgrad", RULE "let b1 = 0.9\n"
                     "let b2 = 0.999\n"
                     "let m = ema(g, b1) / (1 - b1^t)\n"
                     "let v = dmax(ema(g^2, b2), 1) / (1 - b2^t)\n" LR("0.001")
                     "update = -lr * m / (sqrt(v) + 1e-8)\n"},
    /* the product of all mu so far is the exponential of the sum of their logarithms */
    {"nadam", RULE "let b1 = 0.9\n"
                   "let b2 = 0.999\n"
                   "let mu = b1 * (1 - 0.5 * 0.96^(0.004 * t))\n"
                   "let next = b1 * (1 - 0.5 * 0.96^(0.004 * (t + 1)))\n"
                   "let product = exp(dsum(log(mu), 1))\n"
                   "let ahead = (1 - mu) / (1 - product) * g\n"
                   "let behind = next / (1 - product * next) * ema(g, b1)\n"
                   "let v = ema(g^2, b2) / (1 - b2^t)\n" LR("0.002")
                   "update = -lr * (ahead + behind) / (sqrt(v) + 1e-8)\n"},
    {"lion", RULE "let m = ema(g, 0.99)\n" LR("0.0001") WD("0")
                  "update = -lr * (sign(0.9 * m[1] + 0.1 * g) + wd * x)\n"},
    {"signsgd", RULE LR("0.001") "update = -lr * sign(g)\n"},
    /* without factored moments, which need to know rows and columns */
    {"adafactor", RULE "let v = ema(g^2 + 1e-30, 1 - t^-0.8)\n"
                       "let u = g / sqrt(v)\n"
                       "let size = max(rms(x), 0.001) * min(0.01, 1 / sqrt(t))\n" LR("1")
                       "update = -lr * size * u / max(1, rms(u))\n"},
    {"lars", RULE "let decayed = g + wd * x\n"
                  "let n = norm(x)\n"
                  "let trust = 0.001 * n / max(norm(g) + wd * n, 1e-30)\n" LR("0.1") WD("0.0001")
                  "update = -dsum(lr * trust * decayed, 0.9)\n"},
    /* where either norm is 0 the step is as it is */
    {"lamb", RULE MOMENTS "let r = m / (sqrt(v) + 1e-6) + wd * x\n"
                          "let some = greater(norm(x) * norm(r), 0)\n"
                          "let trust = some * norm(x) / max(norm(r), 1e-30) + (1 - some)\n" LR("0.001")
                          WD("0.01") "update = -lr * trust * r\n"},
    {"mtilde", RULE FEATURES LR("0.01") "update = -lr * mt\n"},
    {"gtilde", RULE FEATURES LR("0.01") "update = -lr * gt\n"},
    /* Eq. 6 of "Symbolic Learning to Optimize" with three taps of each feature */
    {"eq6", RULE FEATURES "let gamma = ~1\n"
                          "let p = gamma * tanh(mt / gamma)\n"
                          "let q = gamma * tanh(gt / gamma)\n" LR("0.01")
                          "update = -lr * (~0.5 * p + ~0.2 * p[1] + ~0.1 * p[2] + ~0.1 * q + ~0.05 * "
                          "q[1] + ~0.05 * q[2])\n"},
};

enum { PRESETS = sizeof presets / sizeof presets[0] };

const char *l2osr_rule_preset_name(size_t index) {
    return index < PRESETS ? presets[index].name : NULL;
}

l2osr_status l2osr_rule_preset(l2osr_rule **out, l2osr_context *ctx, const char *name) {
    if (!ctx || !out)
        return L2OSR_EINVAL;
    *out = NULL;
    for (size_t i = 0; name && i < PRESETS; i++)
        if (strcmp(presets[i].name, name) == 0)
            return l2osr_rule_parse(out, ctx, presets[i].text, name);
    l2osr__text known = {.ctx = ctx};
    char *list;
    for (size_t i = 0; i < PRESETS; i++)
        l2osr__text_add(&known, "%s%s", i ? ", " : "", presets[i].name);
    L2OSR__TRY(l2osr__text_take(&known, &list));
    l2osr_status status = l2osr__fail(ctx, L2OSR_ENOTFOUND, "no rule '%s'; there are %s",
                                      name ? name : "(null)", list);
    l2osr__free(ctx, list);
    return status;
}
