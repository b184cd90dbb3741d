/* SPDX-License-Identifier: MIT */
#include "sr/island.h"

#include <math.h>

#include "sr/fit.h"
#include "sr/mutate.h"

enum {
    TOURNAMENT = 12,
    IMMIGRANTS = 8,
    CHILD_FIT_ROWS = 1024,
    CHILD_FIT_STEPS = 3,
    POLISH_STEPS = 12
};

l2osr_status l2osr__island_init(l2osr__island *island, const l2osr__world *world, uint32_t number) {
    *island = (l2osr__island){.world = world, .number = number};
    L2OSR__TRY(l2osr__scorer_init(&island->scorer, world->ctx, world->table));
    L2OSR__TRY(
        l2osr__alloc_to(world->ctx, &island->members, world->population, sizeof *island->members));
    return l2osr__alloc_to(world->ctx, &island->found, 1, sizeof *island->found);
}

void l2osr__island_clear(l2osr__island *island) {
    if (!island->world)
        return;
    l2osr__scorer_clear(&island->scorer);
    l2osr__free(island->world->ctx, island->members);
    l2osr__free(island->world->ctx, island->found);
    *island = (l2osr__island){0};
}

bool l2osr__island_over(const l2osr__island *island) {
    const l2osr__world *world = island->world;
    return island->evaluations >= island->limit || l2osr__canceled(world->ctx) ||
           (world->deadline > 0 && l2osr__now() > world->deadline);
}

/* Trees of one size with the same error are the same function in nearly all cases. */
static bool is_known(const l2osr__island *island, const l2osr__member *member) {
    for (uint32_t i = 0; i < island->count; i++)
        if (island->members[i].tree.count == member->tree.count &&
            fabs(island->members[i].mse - member->mse) <= 1e-9 * member->mse)
            return true;
    return false;
}

static void insert(l2osr__island *island, const l2osr__member *member) {
    if (is_known(island, member))
        return;
    if (island->count < island->world->population) {
        island->members[island->count++] = *member;
        return;
    }
    island->members[island->oldest] = *member;
    island->oldest = (island->oldest + 1) % island->world->population;
}

/* Nothing worse than the target's mean is of use, nor what is far worse than the worst member. */
static double hopeless(const l2osr__island *island) {
    double worst = 0;
    if (island->count < island->world->population)
        return INFINITY;
    for (uint32_t i = 0; i < island->count; i++)
        worst = island->members[i].mse > worst ? island->members[i].mse : worst;
    return 1.2 * (worst < island->world->variance ? worst : island->world->variance);
}

bool l2osr__island_add(l2osr__island *island, l2osr__tree *tree, unsigned fit) {
    const l2osr__world *world = island->world;
    l2osr__member member;
    l2osr__tree_simplify(tree, &world->grammar);
    if (tree->count > world->grammar.max_nodes)
        return false;
    if (fit > 0)
        island->evaluations += l2osr__fit(&island->scorer, tree, CHILD_FIT_ROWS, fit);
    member = (l2osr__member){.tree = *tree};
    member.mse = l2osr__score(&island->scorer, &member.tree, &world->grammar, hopeless(island));
    island->evaluations++;
    if (!(member.mse < INFINITY))
        return false;
    insert(island, &member);
    l2osr__hall_offer(island->found, &member);
    *tree = member.tree;
    return true;
}

/* The best of some members drawn at random among those up to a random size: so every size breeds.
 */
static const l2osr__member *tournament(l2osr__island *island) {
    const int32_t largest = island->world->grammar.max_nodes;
    int32_t limit = 3 + (int32_t)l2osr__rng_below(&island->rng, (uint32_t)largest);
    const l2osr__member *best = NULL;
    for (int i = 0; i < TOURNAMENT; i++) {
        const l2osr__member *m = &island->members[l2osr__rng_below(&island->rng, island->count)];
        if (!best || (m->tree.count <= limit && m->mse < best->mse) ||
            (best->tree.count > limit && m->tree.count < best->tree.count))
            best = m;
    }
    return best;
}

static void breed(l2osr__island *island) {
    const l2osr__grammar *grammar = &island->world->grammar;
    l2osr__tree child = tournament(island)->tree;
    uint32_t kind = l2osr__rng_below(&island->rng, 100);
    unsigned fit = 0;
    if (kind < 10) {
        int32_t node = (int32_t)l2osr__rng_below(&island->rng, (uint32_t)child.count);
        island->evaluations += L2OSR__GROW_COST;
        if (!l2osr__grow(&island->scorer, &child, grammar, &island->rng, node))
            return;
        fit = CHILD_FIT_STEPS;
    } else if (kind < 25) {
        l2osr__cross(&child, &tournament(island)->tree, &island->rng);
    } else {
        l2osr__mutate(&child, grammar, &island->rng);
    }
    if (l2osr__rng_below(&island->rng, 100) < 10)
        fit = CHILD_FIT_STEPS;
    l2osr__island_add(island, &child, fit);
}

void l2osr__island_polish(l2osr__island *island) {
    const l2osr__world *world = island->world;
    int32_t front[L2OSR__TREE_LIMIT + 1], count = l2osr__hall_front(&world->hall, front);
    for (int32_t i = (int32_t)island->number; i < count; i += (int32_t)world->islands) {
        l2osr__member member = world->hall.best[front[i]];
        if (member.fitted || l2osr__canceled(world->ctx))
            continue;
        island->evaluations +=
            l2osr__fit(&island->scorer, &member.tree, world->table->rows, POLISH_STEPS);
        member.mse = l2osr__score(&island->scorer, &member.tree, &world->grammar, INFINITY);
        member.fitted = true;
        if (member.mse < INFINITY)
            l2osr__hall_offer(island->found, &member);
    }
}

/* Members of the common front move in. */
static void immigrate(l2osr__island *island) {
    const l2osr__hall *hall = &island->world->hall;
    int32_t front[L2OSR__TREE_LIMIT + 1], count = l2osr__hall_front(hall, front);
    for (int i = 0; i < IMMIGRANTS && count > 0; i++)
        insert(island, &hall->best[front[l2osr__rng_below(&island->rng, (uint32_t)count)]]);
}

void l2osr__island_epoch(l2osr__island *island, uint64_t epoch) {
    const l2osr__world *world = island->world;
    l2osr__rng_init(&island->rng, l2osr__seed_split(world->seed, island->number), epoch);
    l2osr__hall_reset(island->found);
    island->evaluations = 0;
    island->limit = world->epoch_evaluations;
    if (island->count == 0) {
        l2osr__island_seed(island);
    } else {
        l2osr__island_polish(island);
        immigrate(island);
    }
    while (island->count > 0 && !l2osr__island_over(island))
        breed(island);
}
