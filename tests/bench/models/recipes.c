/* SPDX-License-Identifier: MIT */
#include "recipes.h"

/* Ten minutes are what a model may take; the last of them end with a validation. */
enum { SECONDS = 590 };

static const char adam[] = "let m = ema(g, 0.9) / (1 - 0.9^t);"
                           "let v = ema(g^2, 0.999) / (1 - 0.999^t);"
                           "default lr = 0.01;"
                           "-lr * m / (sqrt(v) + 1e-8)";

/* The curriculum of Chen et al. scaled down to the horizon that counts; the shares are theirs. */
static const size_t stages[] = {100, 200, 500, 600};
static const double dm_shares[] = {0, 0.1, 0.3}, rp_shares[] = {0.3};

#define LIST(member, array) .member = (array), .n_##member = sizeof(array) / sizeof(array)[0]

/* clang-format off */

/* Two fifths of the meta-steps imitate, then it is the meta-loss that counts. */
#define PLAIN                                                                                      \
    {                                                                                              \
        .meta_steps = 1000, .imitation = 400, .horizon = 200,                                      \
        .meta_lr = 3e-4, .imitation_lr = 3e-3                                                      \
    }

/* CL + IL: behind the first phase episodes become longer, and a part of them imitates. */
#define STAGED(shares)                                                                             \
    {                                                                                              \
        .meta_steps = 1500, .imitation = 600,                                                      \
        .meta_lr = 3e-4, .imitation_lr = 3e-3,                                                     \
        .with_curriculum = 1, LIST(curriculum, stages), LIST(imitation_shares, shares)             \
    }

const struct recipe recipes[] = {
    /* name      preset    teacher seconds  goals         options */
    {"DM_raw",   "dm",     NULL,   SECONDS, {0},          PLAIN},
    {"DM",       "dm_log", NULL,   SECONDS, {0},          PLAIN},
    {"DM+CL+IL", "dm_log", adam,   SECONDS, {0},          STAGED(dm_shares)},
    {"RP",       "rp",     NULL,   SECONDS, {0},          PLAIN},
    {"RP+CL+IL", "rp",     adam,   SECONDS, {0},          STAGED(rp_shares)},
    {"RP_s",     "rp_s",   NULL,   SECONDS, {0},          PLAIN},
    {"RP_si",    "rp_si",  NULL,   SECONDS, {0.53, 0.39}, PLAIN},
};

/* clang-format on */

const size_t recipe_count = sizeof recipes / sizeof recipes[0];
