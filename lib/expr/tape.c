/* SPDX-License-Identifier: MIT */
#include "expr/tape.h"

#include <string.h>

/* A workspace should stay in the second-level cache beside the gradients that stream by. */
enum { WORKSPACE_BYTES = 1 << 19, MIN_BLOCK = 32, MAX_BLOCK = 512 };
/* Behind the rows of the nodes: the sum of the slopes, and a row that takes what counts as constant. */
enum { EXTRA_ROWS = 2 };

/* Whether a node is the input that the root moves. */
static bool is_moved(const l2osr__tape *tape, int32_t i) {
    return tape->program->slots[i].class == L2OSR__CLASS_INPUT &&
           tape->program->nodes[i].a == tape->moved;
}

/* Which nodes need rows, and of what kind. */
static void choose_rows(l2osr__tape *tape) {
    const l2osr__program *p = tape->program;
    for (int32_t i = 0; i < p->count; i++) {
        const l2osr__slot *slot = &p->slots[i];
        l2osr__tape_place *place = &tape->places[i];
        const bool memory = slot->class == L2OSR__CLASS_MEMORY,
                   temp = slot->class == L2OSR__CLASS_TEMP;
        const bool number = slot->class == L2OSR__CLASS_SCALAR && i == tape->root;
        const bool moved = is_moved(tape, i);
        place->has_rows = memory || temp || number || moved;
        place->each_value = memory || temp || moved || slot->ring > 0;
        place->each_adjoint = memory || slot->ring > 0; /* adjoints also come from later steps */
    }
}

static void place_adjoints(l2osr__tape *tape, bool each) {
    for (int32_t i = 0; i < tape->program->count; i++) {
        l2osr__tape_place *place = &tape->places[i];
        if (!place->has_rows || place->each_adjoint != each)
            continue;
        place->adjoint = tape->rows;
        tape->rows += each ? tape->steps : 1;
    }
}

l2osr_status l2osr__tape_init(l2osr__tape *tape, l2osr_context *ctx, const l2osr__program *program,
                              int32_t root, int32_t moved, size_t steps) {
    const l2osr__code_goal goal = {.roots = &root, .n_roots = 1};
    *tape = (l2osr__tape){.program = program, .root = root, .moved = moved, .steps = steps};
    L2OSR__TRY(l2osr__program_check_separable(program, ctx));
    L2OSR__TRY(l2osr__code_init(&tape->code, ctx, program->count));
    l2osr__code_build(&tape->code, program, &goal, NULL);
    L2OSR__TRY(l2osr__alloc_to(ctx, &tape->places, (size_t)program->count, sizeof *tape->places));
    choose_rows(tape);
    for (int32_t i = 0; i < program->count; i++) {
        l2osr__tape_place *place = &tape->places[i];
        place->value = tape->rows;
        if (place->has_rows)
            tape->rows += place->each_value ? steps : 1;
    }
    tape->adjoints = tape->rows;
    place_adjoints(tape, true);
    tape->shared = tape->rows;
    place_adjoints(tape, false);
    return L2OSR_OK;
}

void l2osr__tape_clear(l2osr__tape *tape, l2osr_context *ctx) {
    l2osr__free(ctx, tape->places);
    l2osr__code_clear(&tape->code, ctx);
    *tape = (l2osr__tape){0};
}

void l2osr__tape_reduce(const l2osr__tape *tape, size_t steps, const double *previous,
                        const double *scalars, double *sums, double *derivatives) {
    const size_t count = (size_t)tape->program->count;
    memset(derivatives, 0, count * sizeof *derivatives);
    for (size_t k = steps; k-- > 0;) {
        l2osr__program_reverse_scalars(tape->program, scalars + k * count,
                                       k > 0 ? scalars + (k - 1) * count : previous,
                                       sums + k * count, k);
        for (size_t i = 0; i < count; i++)
            derivatives[i] += sums[k * count + i];
    }
}

#define T       float
#define F(name) name##_f32
#include "expr/tape.inc"
#undef T
#undef F

#define T       double
#define F(name) name##_f64
#include "expr/tape.inc"
