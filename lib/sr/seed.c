/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "sr/fit.h"
#include "sr/island.h"
#include "sr/mutate.h"

enum { CHAINS = 4, CHAIN_FIT_STEPS = 6, RANDOM_SIZE = 12 };

/* Where a chain grows: at the root, or inside the outermost tanh, which is the last in postfix
 * order. */
static int32_t growing_node(const l2osr__tree *tree, bool wrapped) {
    int32_t node = tree->count - 1;
    while (wrapped && node >= 0 && tree->nodes[node].op != L2OSR__OP_TANH)
        node--;
    return wrapped && node >= 0 ? tree->nodes[node].a : node;
}

/* Grows a sum term by term, refitting all constants each time; every stage is a member of its own.
 */
static void grow_chain(l2osr__island *island, l2osr__tree tree, bool wrapped) {
    while (!l2osr__island_over(island)) {
        int32_t node = growing_node(&tree, wrapped);
        if (node < 0 ||
            !l2osr__grow(&island->scorer, &tree, &island->world->grammar, &island->rng, node))
            return;
        island->evaluations += L2OSR__GROW_COST;
        if (!l2osr__island_add(island, &tree, CHAIN_FIT_STEPS))
            return;
    }
}

static void start_chain(l2osr__island *island, uint32_t chain) {
    const l2osr__world *world = island->world;
    l2osr__tree tree = {.count = 1};
    bool wrapped = chain % 2 == 1 && world->grammar.has[L2OSR__OP_TANH];
    bool centred = fabs(world->mean) < 0.05 * sqrt(world->variance);
    tree.nodes[0] = l2osr__tree_constant(centred || wrapped ? 0 : world->mean);
    if (wrapped)
        tree.nodes[tree.count++] = l2osr__tree_op(L2OSR__OP_TANH);
    l2osr__tree_link(&tree);
    grow_chain(island, tree, wrapped);
}

void l2osr__island_seed(l2osr__island *island) {
    const l2osr__world *world = island->world;
    for (uint32_t chain = 0; chain < CHAINS; chain++)
        start_chain(island, chain);
    for (uint32_t tries = 0; tries < 20 * world->population; tries++) {
        l2osr__tree tree = {0};
        if (island->count >= world->population || l2osr__island_over(island))
            return;
        int32_t size =
            world->grammar.max_nodes < RANDOM_SIZE ? world->grammar.max_nodes : RANDOM_SIZE;
        l2osr__tree_random(&tree, &world->grammar, &island->rng,
                           1 + (int32_t)l2osr__rng_below(&island->rng, (uint32_t)size));
        l2osr__tree_link(&tree);
        l2osr__island_add(island, &tree, 0);
    }
}
