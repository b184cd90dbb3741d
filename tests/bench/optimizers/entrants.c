/* SPDX-License-Identifier: MIT */
#include <stdio.h>
#include <string.h>

#include "optimizers.h"

/* Step sizes lie a factor of about the square root of 10 apart, around what networks like these
 * take. */
static const struct baseline {
    const char *preset, *decaying;
    double lrs[STEP_SIZES];
} baselines[PRESETS] = {
    {"sgd", "sgd cos", {0.01, 0.03, 0.1, 0.3, 1, 3, 10}},
    {"momentum", "momentum cos", {0.003, 0.01, 0.03, 0.1, 0.3, 1, 3}},
    {"nesterov", "nesterov cos", {0.003, 0.01, 0.03, 0.1, 0.3, 1, 3}},
    {"rmsprop", "rmsprop cos", {1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1}},
    {"adam", "adam cos", {3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3}},
    {"adamw", "adamw cos", {3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1, 0.3}},
    {"lion", "lion cos", {1e-4, 3e-4, 1e-3, 3e-3, 0.01, 0.03, 0.1}},
};

void open_baselines(l2osr_context *ctx, const size_t *horizons, struct entrant *entrants) {
    for (size_t i = 0; i < PRESETS; i++) {
        const struct baseline *b = &baselines[i];
        struct entrant *constant = &entrants[2 * i], *decaying = constant + 1;
        l2osr_rule *rule;
        must(ctx, l2osr_rule_preset(&rule, ctx, b->preset));
        *constant = (struct entrant){.name = b->preset, .n_lrs = STEP_SIZES};
        memcpy(constant->lrs, b->lrs, sizeof b->lrs);
        *decaying = *constant;
        decaying->name = b->decaying;
        decaying->decays = true;
        for (size_t k = 0; k < HORIZONS; k++) {
            constant->rules[k] = l2osr_rule_ref(rule);
            decaying->rules[k] = decay_rule(ctx, rule, b->decaying, horizons[k]);
        }
        l2osr_rule_free(rule);
    }
}

void open_entrant(l2osr_context *ctx, const char *path, bool grid, struct entrant *entrant) {
    static const double factors[STEP_SIZES] = {1. / 30, 0.1, 1. / 3, 1, 3, 10, 30};
    const char *slash = strrchr(path, '/');
    l2osr_rule *rule = open_rule(ctx, path);
    *entrant = (struct entrant){.name = slash ? slash + 1 : path, .n_lrs = grid ? STEP_SIZES : 1};
    for (size_t i = 0; i < entrant->n_lrs; i++)
        entrant->lrs[i] = l2osr_rule_default_lr(rule) * (grid ? factors[i] : 1);
    for (size_t k = 0; k < HORIZONS; k++)
        entrant->rules[k] = l2osr_rule_ref(rule);
    l2osr_rule_free(rule);
}

void close_entrant(struct entrant *entrant) {
    for (size_t k = 0; k < HORIZONS; k++)
        l2osr_rule_free(entrant->rules[k]);
}
