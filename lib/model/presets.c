/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "model/architecture.h"

static const l2osr__preset presets[] = {
    {"rp_s", {0, 6, 1, {7}, L2OSR_OUTPUT_TANH}, "mt gt"},
    {"rp", {0, 20, 2, {20, 20}, L2OSR_OUTPUT_TANH}, "mt gt"},
    {"rp_si", {0, 9, 1, {12}, L2OSR_OUTPUT_TANH}, "mt gt mom5 mom9 mom99"},
    {"rp_si4", {0, 9, 1, {12}, L2OSR_OUTPUT_TANH}, "mt gt g mom5"},
    {"rp_t", {0, 10, 1, {12}, L2OSR_OUTPUT_TANH}, "mt gt g mom5 t"},
    {"rp_magic0", {0, 6, 1, {7}, L2OSR_OUTPUT_TANH}, "mag2 mag25 mag3"},
    {"rp_magic1", {0, 6, 1, {7}, L2OSR_OUTPUT_TANH}, "mag2 mag3 mag4"},
    {"dm", {0, 0, 2, {20, 20}, L2OSR_OUTPUT_LINEAR}, "g"},
    {"dm_log", {0, 0, 2, {20, 20}, L2OSR_OUTPUT_LINEAR}, "logg signg"},
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
