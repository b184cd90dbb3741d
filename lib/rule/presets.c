/* SPDX-License-Identifier: MIT */
/* The classics as data; each equals torch.optim to rounding (tests/rule/test_classics.c). */
#include <string.h>

#include "base/text.h"
#include "l2osr/rule.h"

static const struct preset {
    const char *name, *text;
} presets[] = {
    {"sgd", "l2osr-rule 1\n"
            "default lr = 0.1\n"
            "update = -lr * g\n"},
    /* a decayed sum is an average divided by 1 - beta */
    {"momentum", "l2osr-rule 1\n"
                 "let mu = 0.9\n"
                 "default lr = 0.01\n"
                 "update = -lr * ema(g, mu) / (1 - mu)\n"},
    {"nesterov", "l2osr-rule 1\n"
                 "let mu = 0.9\n"
                 "default lr = 0.01\n"
                 "update = -lr * (g + mu * ema(g, mu) / (1 - mu))\n"},
    {"rmsprop", "l2osr-rule 1\n"
                "let v = ema(g^2, 0.99)\n"
                "default lr = 0.01\n"
                "update = -lr * g / (sqrt(v) + 1e-8)\n"},
    {"adam", "l2osr-rule 1\n"
             "let b1 = 0.9\n"
             "let b2 = 0.999\n"
             "let m = ema(g, b1) / (1 - b1^t)\n"
             "let v = ema(g^2, b2) / (1 - b2^t)\n"
             "default lr = 0.001\n"
             "update = -lr * m / (sqrt(v) + 1e-8)\n"},
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
