/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/text.h"
#include "model/model.h"

/* The features m~ and g~ of RNNprop, beta1 = beta2 = 0.95, and plain averages of the gradient. */
#define NORMALISED                                                                                 \
    "l2osr-rule 1\n"                                                                               \
    "let b = 0.95\n"                                                                               \
    "let m = ema(g, b) / (1 - b^t)\n"                                                              \
    "let v = ema(g^2, b) / (1 - b^t)\n"                                                            \
    "let vs = sqrt(v) + 1e-12\n"                                                                   \
    "let mt = m / vs\n"                                                                            \
    "let gt = g / vs\n"
#define AVERAGES                                                                                   \
    "let mom5 = ema(g, 0.5)\n"                                                                     \
    "let mom9 = ema(g, 0.9)\n"                                                                     \
    "let mom99 = ema(g, 0.99)\n"

static const l2osr__preset presets[] = {
    {"rp_s", {2, 6, 1, {7}, true}, {"mt", "gt"}, NORMALISED},
    {"rp", {2, 20, 2, {20, 20}, true}, {"mt", "gt"}, NORMALISED},
    {"rp_si", {5, 9, 1, {12}, true}, {"mt", "gt", "mom5", "mom9", "mom99"}, NORMALISED AVERAGES},
    {"rp_si4", {4, 9, 1, {12}, true}, {"mt", "gt", "g", "mom5"}, NORMALISED AVERAGES},
    {"dm", {1, 0, 2, {20, 20}, false}, {"g"}, "l2osr-rule 1\n"},
};

enum { PRESETS = sizeof presets / sizeof presets[0] };

l2osr_status l2osr__preset_find(l2osr_context *ctx, const char *name, const l2osr__preset **out) {
    l2osr__text known = {.ctx = ctx};
    char *list;
    for (size_t i = 0; i < PRESETS; i++) {
        *out = &presets[i];
        if (strcmp(name, presets[i].name) == 0) {
            l2osr__text_drop(&known);
            return L2OSR_OK;
        }
        l2osr__text_add(&known, "%s%s", i ? ", " : "", presets[i].name);
    }
    L2OSR__TRY(l2osr__text_take(&known, &list));
    l2osr_status status =
        l2osr__fail(ctx, L2OSR_ENOTFOUND, "no model '%.40s'; there are %s", name, list);
    l2osr__free(ctx, list);
    return status;
}
