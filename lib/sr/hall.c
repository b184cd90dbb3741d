/* SPDX-License-Identifier: MIT */
#include "sr/hall.h"

#include <math.h>

void l2osr__hall_reset(l2osr__hall *hall) {
    for (int32_t i = 0; i <= L2OSR__SIZE_LIMIT; i++)
        hall->best[i].cost = hall->best[i].mse = INFINITY;
}

void l2osr__hall_offer(l2osr__hall *hall, const l2osr__member *member) {
    l2osr__member *place = &hall->best[member->complexity];
    if (member->cost < place->cost)
        *place = *member;
}

void l2osr__hall_merge(l2osr__hall *hall, const l2osr__hall *other) {
    for (int32_t i = 0; i <= L2OSR__SIZE_LIMIT; i++)
        if (other->best[i].cost < INFINITY)
            l2osr__hall_offer(hall, &other->best[i]);
}

int32_t l2osr__hall_front(const l2osr__hall *hall, int32_t *out) {
    double best = INFINITY;
    int32_t count = 0;
    for (int32_t i = 0; i <= L2OSR__SIZE_LIMIT; i++) {
        if (hall->best[i].cost >= best)
            continue;
        best = hall->best[i].cost;
        out[count++] = i;
    }
    return count;
}

double l2osr__hall_best(const l2osr__hall *hall, int32_t *complexity) {
    int32_t front[L2OSR__SIZE_LIMIT + 1], count = l2osr__hall_front(hall, front);
    *complexity = count > 0 ? front[count - 1] : 0;
    return count > 0 ? hall->best[*complexity].cost : INFINITY;
}
