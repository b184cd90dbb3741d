/* SPDX-License-Identifier: MIT */
#include "expr/code.h"

#include <string.h>

l2osr_status l2osr__code_init(l2osr__code *code, l2osr_context *ctx, int32_t capacity) {
    *code = (l2osr__code){0};
    L2OSR__TRY(l2osr__alloc_to(ctx, &code->temp, (size_t)capacity, sizeof *code->temp));
    L2OSR__TRY(l2osr__alloc_to(ctx, &code->moving, (size_t)capacity, sizeof *code->moving));
    L2OSR__TRY(l2osr__alloc_to(ctx, &code->kept, (size_t)capacity, sizeof *code->kept));
    /* a root that is a number takes an instruction too */
    return l2osr__alloc_to(ctx, &code->list, (size_t)capacity, sizeof *code->list);
}

void l2osr__code_clear(l2osr__code *code, l2osr_context *ctx) {
    l2osr__free(ctx, code->temp);
    l2osr__free(ctx, code->moving);
    l2osr__free(ctx, code->kept);
    l2osr__free(ctx, code->list);
    *code = (l2osr__code){0};
}

/* Work of one build: what is needed, and how often. */
typedef struct builder {
    l2osr__code *code;
    const l2osr__program *program;
    const l2osr__code_goal *goal;
    uint16_t uses[L2OSR__MAX_NODES]; /* 0: not needed here */
    bool absorbed[L2OSR__MAX_NODES]; /* computed inside of its user's instruction */
} builder;

static const l2osr__slot *slot_of(const builder *b, int32_t i) {
    return &b->program->slots[i];
}

static bool is_scalar(const builder *b, int32_t i) {
    return slot_of(b, i)->class == L2OSR__CLASS_SCALAR;
}

static bool computed_here(const builder *b, int32_t i, const uint8_t *done) {
    const uint8_t class = slot_of(b, i)->class;
    return class == L2OSR__CLASS_TEMP || (class == L2OSR__CLASS_MEMORY && !(done && done[i]));
}

/* A memory whose past is its plane must run for the sake of the next step. */
static void use(builder *b, int32_t i, uint16_t times) {
    if (b->uses[i] < UINT16_MAX - times)
        b->uses[i] = (uint16_t)(b->uses[i] + times);
    if (slot_of(b, i)->previous)
        b->uses[slot_of(b, i)->source] = 2;
}

static void list_moving(const builder *b) {
    l2osr__code *code = b->code;
    code->moving_count = 0;
    for (int32_t i = 0; i < b->program->count; i++) {
        const uint8_t class = slot_of(b, i)->class;
        if (b->uses[i] > 0 && (class == L2OSR__CLASS_INPUT || class == L2OSR__CLASS_LAG ||
                               class == L2OSR__CLASS_MEMORY))
            code->moving[code->moving_count++] = i;
    }
}

/* Lags first, and downwards: a lag of a lag reads the plane that the ring of what it lags overwrites
 * next. */
static void list_kept(const builder *b) {
    const l2osr__program *p = b->program;
    l2osr__code *code = b->code;
    code->kept_count = 0;
    for (int lags = 1; lags >= 0 && b->goal->pass == p->passes; lags--)
        for (int32_t i = p->count - 1; i >= 0; i--)
            if (p->slots[i].ring > 0 && l2osr__program_ring_in_planes(p, i) &&
                lags == (p->slots[i].class == L2OSR__CLASS_LAG))
                code->kept[code->kept_count++] = i;
}

/* Marks from the roots down; a node that is kept or given out counts as used twice, so that it is
 * never absorbed. */
static void mark_needed(builder *b, const uint8_t *done) {
    const l2osr__program *p = b->program;
    for (int32_t i = 0; i < b->goal->n_roots; i++)
        use(b, b->goal->roots[i], 2);
    for (int32_t k = 0; k < b->code->kept_count; k++)
        use(b, b->code->kept[k], 2);
    for (int32_t k = p->vector_count - 1; k >= 0; k--) {
        const int32_t i = p->vectors[k];
        if (b->uses[i] == 0 || !computed_here(b, i, done))
            continue;
        use(b, p->nodes[i].a, 1);
        if (l2osr__program_arity(p, i) == 2)
            use(b, p->nodes[i].b, 1);
    }
}

/* ---- selection ---- */

/* Whether a node is of that operation and only its one user needs it. */
static bool inner(const builder *b, int32_t i, l2osr__opcode op) {
    return i >= 0 && b->goal->fuse && slot_of(b, i)->class == L2OSR__CLASS_TEMP &&
           slot_of(b, i)->op == op && b->uses[i] == 1;
}

static const l2osr__node *absorb(builder *b, int32_t i) {
    b->absorbed[i] = true;
    return &b->program->nodes[i];
}

/* (number) * (vector), in either order */
static bool split_scaled(const builder *b, int32_t i, int32_t *number, int32_t *vector) {
    const l2osr__node *n = &b->program->nodes[i];
    if (!inner(b, i, L2OSR__OP_MUL) || is_scalar(b, n->a) == is_scalar(b, n->b))
        return false;
    *number = is_scalar(b, n->a) ? n->a : n->b;
    *vector = is_scalar(b, n->a) ? n->b : n->a;
    return true;
}

/* A quotient of vectors that only its one user needs. */
static bool inner_quotient(const builder *b, int32_t i) {
    return inner(b, i, L2OSR__OP_DIV) && !is_scalar(b, b->program->nodes[i].a) &&
           !is_scalar(b, b->program->nodes[i].b);
}

/* outer + r vector, where the vector may be a quotient */
static void select_add_scaled(builder *b, l2osr__instruction *in, int32_t outer, int32_t r,
                              int32_t vector) {
    in->kind = L2OSR__RUN_ADD_SCALED;
    in->c = outer;
    in->r = r;
    in->a = vector;
    if (!inner_quotient(b, vector))
        return;
    const l2osr__node *quotient = absorb(b, vector);
    in->kind = L2OSR__RUN_ADD_QUOTIENT;
    in->a = quotient->a;
    in->b = quotient->b;
}

/* sqrt(r v) + q; without an r the number 1 is as good */
static bool select_root(builder *b, l2osr__instruction *in, int32_t root, int32_t q) {
    int32_t r, vector;
    if (!inner(b, root, L2OSR__OP_SQRT))
        return false;
    const int32_t inside = absorb(b, root)->a;
    in->kind = L2OSR__RUN_ROOT;
    in->q = q;
    in->a = inside;
    in->r = -1;
    if (split_scaled(b, inside, &r, &vector)) {
        absorb(b, inside);
        in->r = r;
        in->a = vector;
    }
    return true;
}

/* x + y and x - y with a product, or a root and a number, on one side */
static bool select_sum(builder *b, l2osr__instruction *in, int32_t x, int32_t y, int8_t x_sign,
                       int8_t y_sign) {
    int32_t r, vector;
    in->q_sign = x_sign;
    in->r_sign = y_sign;
    if (is_scalar(b, x) && y_sign > 0 && select_root(b, in, y, x)) {
        in->r_sign = 1;
        return true;
    }
    if (split_scaled(b, y, &r, &vector) && (is_scalar(b, x) || x_sign > 0)) {
        absorb(b, y);
        if (!is_scalar(b, x)) {
            select_add_scaled(b, in, x, r, vector);
            return true;
        }
        in->kind = L2OSR__RUN_AFFINE;
        in->a = vector;
        in->r = r;
        in->q = x;
        return true;
    }
    if (!is_scalar(b, x) && x_sign > 0 && y_sign > 0 && inner(b, y, L2OSR__OP_MUL)) {
        const l2osr__node *product = absorb(b, y);
        in->kind = L2OSR__RUN_MULADD;
        in->a = product->a;
        in->b = product->b;
        in->c = x;
        return true;
    }
    in->q_sign = in->r_sign = 1;
    return false;
}

static bool select_fused(builder *b, l2osr__instruction *in, int32_t i) {
    const l2osr__node *n = &b->program->nodes[i];
    const uint8_t op = slot_of(b, i)->op;
    int8_t sign = op == L2OSR__OP_SUB ? -1 : 1;
    if (op == L2OSR__OP_ADD || op == L2OSR__OP_SUB)
        return select_sum(b, in, n->a, n->b, 1, sign) || select_sum(b, in, n->b, n->a, sign, 1);
    if (op == L2OSR__OP_MUL && is_scalar(b, n->a) && inner_quotient(b, n->b)) {
        const l2osr__node *quotient = absorb(b, n->b);
        in->kind = L2OSR__RUN_QUOTIENT;
        in->r = n->a;
        in->a = quotient->a;
        in->b = quotient->b;
        return true;
    }
    return false;
}

static void select_memory(builder *b, l2osr__instruction *in, int32_t i) {
    const l2osr__node *n = &b->program->nodes[i];
    in->a = n->a;
    in->r = n->b;
    in->kind = n->op == L2OSR__OP_EMA    ? L2OSR__RUN_EMA
               : n->op == L2OSR__OP_DSUM ? L2OSR__RUN_DSUM
                                         : L2OSR__RUN_DMAX;
    if (n->op == L2OSR__OP_EMA && inner(b, n->a, L2OSR__OP_SQUARE)) {
        in->kind = L2OSR__RUN_EMA_SQUARE;
        in->a = absorb(b, n->a)->a;
    }
}

static void select_plain(const builder *b, l2osr__instruction *in, int32_t i) {
    const l2osr__node *n = &b->program->nodes[i];
    in->kernel = l2osr__ops[slot_of(b, i)->op].kernel;
    in->a = n->a;
    if (l2osr__program_arity(b->program, i) == 1) {
        in->kind = L2OSR__RUN_UNARY;
    } else if (is_scalar(b, n->a)) {
        in->kind = L2OSR__RUN_BINARY_SV;
        in->r = n->a;
        in->a = n->b;
    } else if (is_scalar(b, n->b)) {
        in->kind = L2OSR__RUN_BINARY_VS;
        in->r = n->b;
    } else {
        in->kind = L2OSR__RUN_BINARY;
        in->b = n->b;
    }
}

static void select_call(const builder *b, l2osr__instruction *in, int32_t i) {
    const l2osr__node *n = &b->program->nodes[i];
    in->kind = L2OSR__RUN_CALL;
    if (is_scalar(b, n->a))
        in->r = n->a;
    else
        in->a = n->a;
    if (n->op == L2OSR__OP_CALL2 && is_scalar(b, n->b))
        in->r = n->b;
    else if (n->op == L2OSR__OP_CALL2)
        in->b = n->b;
}

static l2osr__instruction select_node(builder *b, int32_t i) {
    l2osr__instruction in = {
        .r_sign = 1, .q_sign = 1, .out = i, .a = -1, .b = -1, .c = -1, .r = -1, .q = -1};
    if (slot_of(b, i)->class == L2OSR__CLASS_MEMORY)
        select_memory(b, &in, i);
    else if (l2osr__op_is_call(slot_of(b, i)->op))
        select_call(b, &in, i);
    else if (!b->goal->fuse || !select_fused(b, &in, i))
        select_plain(b, &in, i);
    return in;
}

static void fill(builder *b, int32_t i) {
    if (!is_scalar(b, i) || b->code->temp[i] != -1)
        return;
    b->code->list[b->code->count++] =
        (l2osr__instruction){L2OSR__RUN_FILL, 0, 1, 1, i, -1, -1, -1, i, -1};
    b->code->temp[i] = -2; /* so that a root given twice is filled once */
}

/* Numbers that are given out or kept as vectors; of the latter there is the update at most. */
static void add_fills(builder *b) {
    for (int32_t k = 0; k < b->goal->n_roots; k++)
        fill(b, b->goal->roots[k]);
    for (int32_t k = 0; k < b->code->kept_count; k++)
        fill(b, b->code->kept[k]);
}

/* Users come before what they absorb, so the list is made from its end. */
static void select_all(builder *b, const uint8_t *done) {
    const l2osr__program *p = b->program;
    l2osr__instruction *list = b->code->list;
    int32_t count = 0;
    for (int32_t k = p->vector_count - 1; k >= 0; k--) {
        const int32_t i = p->vectors[k];
        if (b->uses[i] > 0 && !b->absorbed[i] && computed_here(b, i, done))
            list[count++] = select_node(b, i);
    }
    for (int32_t i = 0; i < count / 2; i++) {
        const l2osr__instruction swap = list[i];
        list[i] = list[count - 1 - i];
        list[count - 1 - i] = swap;
    }
    b->code->count = count;
    add_fills(b);
}

/* ---- registers ---- */

/* Gives a node the lowest free register unless it has one. */
static void take_register(l2osr__code *code, uint64_t *taken, int32_t node) {
    int32_t t = 0;
    if (code->temp[node] >= 0)
        return;
    while (taken[t / 64] >> (t % 64) & 1)
        t++;
    taken[t / 64] |= 1ull << (t % 64);
    code->temp[node] = t;
    code->temps = t + 1 > code->temps ? t + 1 : code->temps;
}

/* Temporaries, and numbers that are filled in. */
static void hold(const builder *b, uint64_t *taken, int32_t node) {
    if (node >= 0 && (slot_of(b, node)->class == L2OSR__CLASS_TEMP || b->code->temp[node] == -2))
        take_register(b->code, taken, node);
}

static void hold_operands(const builder *b, uint64_t *taken, const l2osr__instruction *in) {
    hold(b, taken, in->a);
    hold(b, taken, in->b);
    hold(b, taken, in->c);
}

/* What is copied before the first instruction occupies its register from then on. */
static void hold_copies(const builder *b, uint64_t *taken) {
    for (int32_t k = 0; k < b->code->moving_count; k++)
        if (slot_of(b, b->code->moving[k])->previous)
            take_register(b->code, taken, b->code->moving[k]);
}

/* Registers by last use, walking backwards: what is read at the end of the block first, then each
 * instruction's operands, once its own register is free: before it runs nobody needs it. So it may
 * write over an operand that it is the last to use, unless it calls a function, which may read what
 * it wrote over. A lag that is a root is copied, since its plane may be overwritten at the end. */
static void place_temps(const builder *b) {
    l2osr__code *code = b->code;
    uint64_t taken[L2OSR__MAX_NODES / 64] = {0};
    for (int32_t i = 0; i < b->goal->n_roots; i++) {
        const int32_t root = b->goal->roots[i];
        if (slot_of(b, root)->class == L2OSR__CLASS_LAG)
            take_register(code, taken, root);
        else
            hold(b, taken, root);
    }
    for (int32_t k = 0; k < code->kept_count; k++)
        hold(b, taken, code->kept[k]);
    hold_copies(b, taken);
    for (int32_t k = code->count - 1; k >= 0; k--) {
        const l2osr__instruction *in = &code->list[k];
        const int32_t t = code->temp[in->out];
        if (in->kind == L2OSR__RUN_CALL)
            hold_operands(b, taken, in);
        if (t >= 0 && in->kind != L2OSR__RUN_FILL)
            taken[t / 64] &= ~(1ull << (t % 64));
        hold_operands(b, taken, in);
    }
}

static void note_done(const l2osr__code *code, uint8_t *done) {
    for (int32_t k = 0; done && k < code->count; k++)
        if (code->program->slots[code->list[k].out].class == L2OSR__CLASS_MEMORY)
            done[code->list[k].out] = 1;
}

void l2osr__code_build(l2osr__code *code, const l2osr__program *program,
                       const l2osr__code_goal *goal, uint8_t *done) {
    builder b;
    const size_t n = (size_t)program->count;
    b.code = code;
    b.program = program;
    b.goal = goal;
    memset(b.uses, 0, n * sizeof b.uses[0]);
    memset(b.absorbed, 0, n * sizeof b.absorbed[0]);
    memset(code->temp, 0xff, n * sizeof code->temp[0]);
    code->program = program;
    code->pass = goal->pass;
    code->temps = 0;
    list_kept(&b);
    mark_needed(&b, done);
    list_moving(&b);
    select_all(&b, done);
    place_temps(&b);
    note_done(code, done);
}

l2osr_status l2osr__routine_init(l2osr__routine *routine, l2osr_context *ctx,
                                 const l2osr__program_source *source) {
    const l2osr__code_goal goal = {
        .roots = source->roots, .n_roots = source->n_roots, .fuse = true};
    *routine = (l2osr__routine){0};
    L2OSR__TRY(l2osr__program_init(&routine->program, ctx, source->count));
    L2OSR__TRY(l2osr__program_build(&routine->program, ctx, source));
    if (routine->program.passes > 0)
        return l2osr__fail(ctx, L2OSR_EUNSUPPORTED,
                           "mean(), rms() and norm() over parameters have no meaning here");
    L2OSR__TRY(l2osr__code_init(&routine->code, ctx, source->count));
    l2osr__code_build(&routine->code, &routine->program, &goal, NULL);
    return L2OSR_OK;
}

void l2osr__routine_clear(l2osr__routine *routine, l2osr_context *ctx) {
    l2osr__program_clear(&routine->program, ctx);
    l2osr__code_clear(&routine->code, ctx);
}

#define T       float
#define F(name) name##_f32
#include "expr/code.inc"
#undef T
#undef F

#define T       double
#define F(name) name##_f64
#include "expr/code.inc"
