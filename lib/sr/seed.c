/* SPDX-License-Identifier: MIT */
#include <math.h>

#include "sr/fit.h"
#include "sr/island.h"

enum { CHAINS = 2, CHAIN_FIT_STEPS = 6, RANDOM_SIZE = 12 };

/* What a sum may be put into. */
static const l2osr__opcode links[] = {L2OSR__OP_TANH, L2OSR__OP_SQRT,   L2OSR__OP_SQRTM,
                                      L2OSR__OP_EXP,  L2OSR__OP_SQUARE, L2OSR__OP_DIV};
enum { LINKS = sizeof links / sizeof links[0] };

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

static void start_chain(l2osr__island *island, bool wrapped) {
    const l2osr__world *world = island->world;
    l2osr__tree tree = {.count = 1};
    bool centred = fabs(world->mean) < 0.05 * sqrt(world->variance);
    wrapped = wrapped && world->grammar.has[L2OSR__OP_TANH];
    tree.nodes[0] = l2osr__tree_constant(centred || wrapped ? 0 : world->mean);
    if (wrapped)
        tree.nodes[tree.count++] = l2osr__tree_op(L2OSR__OP_TANH);
    l2osr__tree_link(&tree);
    grow_chain(island, tree, wrapped);
}

/* Link number `index` of those there are. */
static l2osr__opcode link_at(const l2osr__grammar *grammar, uint32_t index) {
    l2osr__opcode found[LINKS];
    uint32_t count = 0;
    for (size_t i = 0; i < LINKS; i++)
        if (grammar->has[links[i]])
            found[count++] = links[i];
    return count > 0 ? found[index % count] : L2OSR__OP_VAR;
}

l2osr_status l2osr__island_refresh(l2osr__island *island) {
    const l2osr__world *world = island->world;
    int32_t front[L2OSR__SIZE_LIMIT + 1], count = l2osr__hall_front(&world->hall, front);
    if (world->pool == 0 || count == 0)
        return L2OSR_OK;
    if (l2osr__rng_uniform(&island->rng) < world->options.links)
        return l2osr__island_choose(island, NULL,
                                    link_at(&world->grammar, l2osr__rng_u32(&island->rng)));
    const int32_t base = front[l2osr__rng_below(&island->rng, (uint32_t)count)];
    return l2osr__island_choose(island, &world->hall.best[base].tree, L2OSR__OP_VAR);
}

static void add_random(l2osr__island *island) {
    const l2osr__world *world = island->world;
    const int32_t size = world->largest < RANDOM_SIZE ? world->largest : RANDOM_SIZE;
    l2osr__tree tree;
    tree.count = 0;
    l2osr__tree_random(&tree, &world->grammar, &island->rng,
                       1 + (int32_t)l2osr__rng_below(&island->rng, (uint32_t)size));
    l2osr__tree_link(&tree);
    l2osr__island_add(island, &tree, 0);
}

l2osr_status l2osr__island_seed(l2osr__island *island) {
    const l2osr__world *world = island->world;
    const bool pools = world->pool > 0;
    if (pools)
        L2OSR__TRY(l2osr__island_choose(island, NULL, L2OSR__OP_VAR));
    if (pools && world->options.links > 0)
        L2OSR__TRY(l2osr__island_choose(island, NULL, link_at(&world->grammar, island->number)));
    for (uint32_t chain = 0; chain < CHAINS; chain++)
        start_chain(island, chain % 2 == 1);
    for (uint32_t tries = 0; tries < 20 * world->options.population; tries++) {
        if (island->count >= world->options.population || l2osr__island_over(island))
            break;
        add_random(island);
    }
    return L2OSR_OK;
}
