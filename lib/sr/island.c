/* SPDX-License-Identifier: MIT */
#include "sr/island.h"

#include <math.h>

#include "sr/fit.h"
#include "sr/guard.h"
#include "sr/proof.h"
#include "vec/scalar.h"

/* What comes so near to the best error counts as good. */
static const double NEAR = 1.02;

enum { CHILD_FIT_ROWS = 1024, POLISH_STEPS = 12, FREQUENCY_WINDOW = 4096 };

l2osr_status l2osr__island_init(l2osr__island *island, const l2osr__world *world, uint32_t number) {
    *island = (l2osr__island){.world = world, .number = number};
    L2OSR__TRY(l2osr__scorer_init(&island->scorer, world->ctx, world->table, &world->grammar));
    L2OSR__TRY(l2osr__alloc_to(world->ctx, &island->members, world->options.population,
                               sizeof *island->members));
    L2OSR__TRY(l2osr__alloc_to(world->ctx, &island->found, 1, sizeof *island->found));
    return l2osr__alloc_to(world->ctx, &island->proven, 1, sizeof *island->proven);
}

void l2osr__island_clear(l2osr__island *island) {
    if (!island->world)
        return;
    l2osr__scorer_clear(&island->scorer);
    l2osr__free(island->world->ctx, island->members);
    l2osr__free(island->world->ctx, island->found);
    l2osr__free(island->world->ctx, island->proven);
    *island = (l2osr__island){0};
}

bool l2osr__island_late(const l2osr__island *island) {
    const l2osr__world *world = island->world;
    return l2osr__canceled(world->ctx) || (world->deadline > 0 && l2osr__now() > world->deadline);
}

bool l2osr__island_over(const l2osr__island *island) {
    return island->evaluations >= island->limit || l2osr__island_late(island);
}

/* Trees of one complexity with the same error are the same function in nearly all cases. */
static bool is_known(const l2osr__island *island, const l2osr__member *member) {
    for (uint32_t i = 0; i < island->count; i++)
        if (island->members[i].complexity == member->complexity &&
            fabs(island->members[i].mse - member->mse) <= 1e-9 * member->mse)
            return true;
    return false;
}

static void count_size(l2osr__island *island, int32_t complexity) {
    island->frequency[complexity]++;
    if (++island->frequency_sum < FREQUENCY_WINDOW)
        return;
    island->frequency_sum = 0;
    for (int32_t i = 0; i <= L2OSR__SIZE_LIMIT; i++)
        island->frequency_sum += island->frequency[i] /= 2;
}

static void insert(l2osr__island *island, const l2osr__member *member) {
    if (is_known(island, member))
        return;
    count_size(island, member->complexity);
    if (island->count < island->world->options.population) {
        island->members[island->count++] = *member;
        return;
    }
    island->members[island->oldest] = *member;
    island->oldest = (island->oldest + 1) % island->world->options.population;
}

/* Nothing worse than the target's mean is of use, nor what is far worse than the worst member. */
static double hopeless(const l2osr__island *island) {
    double worst = 0;
    if (island->count < island->world->options.population)
        return INFINITY;
    for (uint32_t i = 0; i < island->count; i++)
        worst = island->members[i].mse > worst ? island->members[i].mse : worst;
    return 1.2 * (worst < island->world->variance ? worst : island->world->variance);
}

/* Scores a tree; false when there is no sense in it. */
static bool judge(l2osr__island *island, l2osr__tree *tree, unsigned fit, l2osr__member *member) {
    const l2osr__world *world = island->world;
    island->evaluations++;
    l2osr__tree_simplify(tree, &world->grammar);
    if (!l2osr__tree_allowed(tree, &world->grammar))
        return false;
    if (fit > 0)
        island->evaluations += l2osr__fit(&island->scorer, tree, CHILD_FIT_ROWS, fit);
    member->tree = *tree;
    member->fitted = false;
    member->mse = l2osr__score(&island->scorer, &member->tree, hopeless(island));
    member->complexity = l2osr__tree_complexity(&member->tree, &world->grammar);
    return member->mse < INFINITY && member->complexity <= world->largest;
}

static void offer(l2osr__island *island, const l2osr__member *member) {
    l2osr__member copy = *member;
    copy.cost = member->mse;
    l2osr__hall_offer(island->found, &copy);
}

/* What is on the front of this epoch's finds, and near to the best of all so simple on the rows
 * fitted, is worth a look beside them. */
static void prove(l2osr__island *island) {
    const l2osr__world *world = island->world;
    int32_t front[L2OSR__SIZE_LIMIT + 1], count = l2osr__hall_front(island->found, front);
    double best = INFINITY;
    for (int32_t i = 0, place = 0; i < count; i++) { /* late or not: only what is proven is shown */
        l2osr__member member = island->found->best[front[i]];
        for (; place <= front[i]; place++)
            best = world->hall.best[place].mse < best ? world->hall.best[place].mse : best;
        if (member.mse > NEAR * best)
            continue;
        member.cost = l2osr__proof(&island->scorer, &member.tree, member.mse,
                                   world->proven.best[front[i]].cost);
        l2osr__hall_offer(island->proven, &member);
    }
}

bool l2osr__island_add(l2osr__island *island, l2osr__tree *tree, unsigned fit) {
    l2osr__member member;
    if (!judge(island, tree, fit, &member))
        return false;
    insert(island, &member);
    offer(island, &member);
    *tree = member.tree;
    return true;
}

static double share_of(const l2osr__island *island, int32_t complexity) {
    return (double)island->frequency[complexity] / (double)island->frequency_sum;
}

/* What a tournament is about: the error, with a price on size. */
static double cost_of(const l2osr__island *island, const l2osr__member *member) {
    const l2osr_sr_options *o = &island->world->options;
    const double error = (member->mse + 1e-12 * island->world->variance) *
                         (1 + o->parsimony * member->complexity / o->max_complexity);
    return o->adaptive > 0
               ? error * l2osr__exp_f64(o->adaptive * share_of(island, member->complexity))
               : error;
}

/* The best of some members drawn at random among those up to a random size: so every size breeds.
 */
static const l2osr__member *tournament(l2osr__island *island) {
    const l2osr__world *world = island->world;
    const int32_t limit = 3 + (int32_t)l2osr__rng_below(&island->rng, (uint32_t)world->largest);
    const l2osr__member *best = NULL;
    double best_cost = INFINITY;
    for (unsigned i = 0; i < world->options.tournament; i++) {
        const l2osr__member *m = &island->members[l2osr__rng_below(&island->rng, island->count)];
        const bool fits = m->complexity <= limit;
        const double cost = fits ? cost_of(island, m) : INFINITY;
        if (!best || cost < best_cost ||
            (best_cost == INFINITY && m->complexity < best->complexity)) {
            best = m;
            best_cost = cost;
        }
    }
    return best;
}

static bool chance(l2osr__island *island, double probability) {
    return l2osr__rng_uniform(&island->rng) < probability;
}

/* Simulated annealing: a worse child lives with a chance that falls within the epoch, and more
 * likely if its size is rare. */
static bool survives(l2osr__island *island, const l2osr__member *child,
                     const l2osr__member *parent) {
    const double alpha = island->world->options.annealing;
    const double left = 1 - (double)island->evaluations / (double)(island->limit + 1);
    if (alpha <= 0 || child->mse <= parent->mse)
        return true;
    const double worse = l2osr__log_f64((child->mse + 1e-300) / (parent->mse + 1e-300));
    const double rarity = (share_of(island, parent->complexity) + 1e-3) /
                          (share_of(island, child->complexity) + 1e-3);
    return chance(island, rarity * l2osr__exp_f64(-worse / (alpha * (left > 0 ? left : 1e-3))));
}

/* Makes a child of a copy of its parent; false when there is none. */
static bool vary(l2osr__island *island, l2osr__tree *child, unsigned *fit) {
    const l2osr__world *world = island->world;
    const l2osr_sr_options *o = &world->options;
    const double kind = l2osr__rng_uniform(&island->rng);
    if (kind < o->grow) {
        const int32_t node = (int32_t)l2osr__rng_below(&island->rng, (uint32_t)child->count);
        island->evaluations += L2OSR__GROW_COST;
        if (!l2osr__grow(&island->scorer, child, &world->grammar, &island->rng, node))
            return false;
        *fit = o->fit_steps;
    } else if (kind < o->grow + o->cross) {
        l2osr__cross(child, &tournament(island)->tree, &world->grammar, &island->rng);
    } else {
        l2osr__mutate(child, &world->grammar, &island->rng, world->mutations);
    }
    if (chance(island, o->fit))
        *fit = o->fit_steps;
    return true;
}

/* Whether a child bought its progress by what it does beside the rows: its line would end as one
 * that proves nothing. */
static bool is_wild(l2osr__island *island, const l2osr__member *child,
                    const l2osr__member *parent) {
    return child->mse < parent->mse && !l2osr__proof_exact(&island->scorer, child->mse) &&
           l2osr__guard(&island->scorer, &child->tree, L2OSR__REGION_QUICK) != L2OSR__RISK_NONE;
}

static void breed(l2osr__island *island) {
    const l2osr__member *parent = tournament(island); /* until the child takes some place */
    l2osr__tree tree;
    l2osr__member child;
    unsigned fit = 0;
    l2osr__tree_copy(&tree, &parent->tree);
    if (!vary(island, &tree, &fit)) {
        island->evaluations++; /* so that an epoch ends even when no child can be made */
        return;
    }
    if (!judge(island, &tree, fit, &child) || is_wild(island, &child, parent))
        return;
    if (survives(island, &child, parent))
        insert(island, &child);
    offer(island, &child);
}

static void begin(l2osr__island *island) {
    l2osr__hall_reset(island->found);
    l2osr__hall_reset(island->proven);
}

static void try_out(l2osr__island *island, l2osr__tree *tree) {
    l2osr__member member;
    if (judge(island, tree, 0, &member))
        offer(island, &member);
}

/* Offers what is left of a formula without each of its parts, and with each memory of another kind:
 * what weighs an average may be nothing to a sum. */
static void shrink(l2osr__island *island, const l2osr__tree *tree) {
    l2osr__tree changed;
    for (int32_t i = 0; i < tree->count && !l2osr__island_late(island); i++) {
        for (int left = 0; left < 2; left++) {
            changed = *tree;
            if (l2osr__shrink(&changed, i, left))
                try_out(island, &changed);
        }
        changed = *tree;
        if (l2osr__columns_exchange(island->world->table->columns, &changed.nodes[i]))
            try_out(island, &changed);
    }
}

static void polish(l2osr__island *island) {
    const l2osr__world *world = island->world;
    int32_t front[L2OSR__SIZE_LIMIT + 1], count = l2osr__hall_front(&world->proven, front);
    for (int32_t i = (int32_t)island->number; i < count; i += (int32_t)world->options.islands) {
        l2osr__member member = world->proven.best[front[i]];
        if (member.fitted || l2osr__island_late(island))
            continue;
        island->evaluations +=
            l2osr__fit(&island->scorer, &member.tree, world->table->rows, POLISH_STEPS);
        member.mse = l2osr__score(&island->scorer, &member.tree, INFINITY);
        member.complexity = l2osr__tree_complexity(&member.tree, &world->grammar);
        member.fitted = true;
        if (!(member.mse < INFINITY))
            continue;
        offer(island, &member);
        shrink(island, &member.tree);
    }
}

void l2osr__island_polish(l2osr__island *island) {
    begin(island);
    polish(island);
    prove(island);
}

/* Members of the common fronts move in: of what is best on the rows fitted, and of what holds
 * beside them. */
static void immigrate(l2osr__island *island) {
    const l2osr__hall *halls[] = {&island->world->hall, &island->world->proven};
    for (unsigned i = 0; i < island->world->options.immigrants; i++) {
        const l2osr__hall *hall = halls[i % 4 > 0];
        int32_t front[L2OSR__SIZE_LIMIT + 1], count = l2osr__hall_front(hall, front);
        if (count > 0)
            insert(island, &hall->best[front[l2osr__rng_below(&island->rng, (uint32_t)count)]]);
    }
}

l2osr_status l2osr__island_epoch(l2osr__island *island, uint64_t epoch) {
    const l2osr__world *world = island->world;
    l2osr__rng_init(&island->rng, l2osr__seed_split(world->seed, island->number), epoch);
    begin(island);
    island->evaluations = 0;
    island->limit = world->epoch_evaluations;
    if (island->count == 0) {
        L2OSR__TRY(l2osr__island_seed(island));
    } else {
        polish(island);
        immigrate(island);
        if (chance(island, world->options.refresh))
            L2OSR__TRY(l2osr__island_refresh(island));
    }
    while (island->count > 0 && !l2osr__island_over(island))
        breed(island);
    prove(island);
    return L2OSR_OK;
}
