/* SPDX-License-Identifier: MIT */
#include "recipes.h"

/* Ten minutes are what a model may take; the last of them end with a validation. */
enum { SECONDS = 590 };

/* Momentum: what a model of raw gradients can follow. On the starting plateau gradients are so
 * small that it cannot take steps of a normal size. */
static const char momentum[] = "default lr = 0.1; -lr * dsum(g, 0.9)";

/* The third input of RP_si, to which the paper gives a letter and no definition: how much of the
 * recent gradients agrees. What other models must remember to know it, this one is told. */
static const char agreement[] = "let n = 20 * ema(mt^2, 0.98) / (1 - 0.98^t)\n";

/* The curriculum of Chen et al. scaled down to the horizon that counts; the shares are theirs. */
static const size_t stages[] = {100, 200, 400, 600};
static const double dm_shares[] = {0, 0.1, 0.3}, rp_shares[] = {0.3};

#define LIST(member, array) .member = (array), .n_##member = sizeof(array) / sizeof(array)[0]

/* clang-format off */

/* Most meta-steps imitate, then it is the meta-loss that counts. */
#define PLAIN(steps, length)                                                                       \
    .meta_steps = (steps), .imitation = (steps) - (steps) / 15, .horizon = (length),               \
    .meta_lr = 1e-4, .validate_every = (steps) > 500 ? (steps) / 8 : (steps) / 3

/* CL + IL: behind the first phase episodes become longer, and a part of them imitates. */
#define STAGED(steps, shares)                                                                      \
    .meta_steps = (steps), .imitation = (steps) * 4 / 5, .meta_lr = 1e-4, .validate_every = 2,      \
    .with_curriculum = 1, LIST(curriculum, stages), LIST(imitation_shares, shares)

const struct recipe recipes[] = {
    /* name          preset    inputs     features   teacher   seconds  goals         options */
    {"DM",           "dm",     NULL,      NULL,      momentum, SECONDS, {0},          {PLAIN(800, 200), .imitation_lr = 6e-3}},
    {"DM+CL+IL",     "dm",     NULL,      NULL,      momentum, SECONDS, {0},          {STAGED(1000, dm_shares), .imitation_lr = 6e-3}},
    {"DM_log",       "dm_log", NULL,      NULL,      NULL,     SECONDS, {0},          {PLAIN(200, 400)}},
    {"DM_log+CL+IL", "dm_log", NULL,      NULL,      NULL,     SECONDS, {0},          {STAGED(240, dm_shares)}},
    {"RP",           "rp",     NULL,      NULL,      NULL,     SECONDS, {0},          {PLAIN(160, 400)}},
    {"RP+CL+IL",     "rp",     NULL,      NULL,      NULL,     SECONDS, {0},          {STAGED(200, rp_shares)}},
    {"RP_s",         "rp_s",   NULL,      NULL,      NULL,     SECONDS, {0},          {PLAIN(1200, 600)}},
    {"RP_si",        "rp_si",  "mt gt n", agreement, NULL,     SECONDS, {0},          {PLAIN(1200, 600)}},
    {"RP_si5",       "rp_si",  NULL,      NULL,      NULL,     SECONDS, {0.53, 0.39}, {PLAIN(2400, 600)}},
};

/* clang-format on */

const size_t recipe_count = sizeof recipes / sizeof recipes[0];

l2osr_model_options recipe_model(const struct recipe *recipe, uint64_t seed) {
    return (l2osr_model_options){.struct_size = sizeof(l2osr_model_options),
                                 .preset = recipe->preset,
                                 .inputs = recipe->inputs,
                                 .features = recipe->features,
                                 .seed = seed};
}
