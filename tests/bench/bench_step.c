/* SPDX-License-Identifier: MIT */
/* Speed of whole steps beside loops written by hand, in memory and in cache. */
#include <stdlib.h>

#include "base/context.h"
#include "bench.h"
#include "hand.h"
#include "l2osr.h"
#include "steps.h"

enum { IN_MEMORY = 16 << 20, IN_CACHE = 10000, THREADS = 2 };

static const char formula[] =
    "l2osr-rule 1\nupdate = -lr * tanh(ema(asinh(g), 0.9)) * exp(-abs(x))\n";

/* One set of arrays for all who take turns: more would not fit beside each other in the caches. */
struct arrays {
    size_t n;
    float *x, *g, *m, *v;
};

static struct arrays arrays_of(size_t n) {
    return (struct arrays){n, numbers(n, 0.01f), numbers(n, 0.1f), numbers(n, 0), numbers(n, 0)};
}

static void arrays_free(struct arrays *a) {
    free(a->x);
    free(a->g);
    free(a->m);
    free(a->v);
}

/* ---- by hand, on one thread or in equal parts on several ---- */

struct hand {
    l2osr_context *ctx;
    struct arrays *a;
    size_t parts;
    void (*part)(const struct arrays *a, size_t first, size_t n);
};

static l2osr_status run_part(void *user, size_t index) {
    const struct hand *h = user;
    const size_t first = h->a->n * index / h->parts, end = h->a->n * (index + 1) / h->parts;
    h->part(h->a, first, end - first);
    return L2OSR_OK;
}

static void run_hand(void *user) {
    const struct hand *h = user;
    if (h->parts == 1)
        h->part(h->a, 0, h->a->n);
    else
        must(l2osr__parallel_for(h->ctx, h->parts, run_part, user));
}

static void adam_part(const struct arrays *a, size_t first, size_t n) {
    hand_adam(n, a->x + first, a->g + first, a->m + first, a->v + first,
              (struct adam){1e-3f, 0.1f, 0.001f});
}

static void formula_part(const struct arrays *a, size_t first, size_t n) {
    hand_formula(n, a->x + first, a->g + first, a->m + first, 1e-3f);
}

static void copy_part(const struct arrays *a, size_t first, size_t n) {
    hand_copy(n, a->x + first, a->g + first, a->m + first);
}

/* ---- the emitted C: adam_rule.c, made by emit_adam ---- */

size_t adam_rule_state_size(size_t n);
void adam_rule_init(void *state, size_t n, size_t group);
void adam_rule_step(void *state, size_t n, float *x, const float *g, double lr, double wd);

struct emitted {
    struct arrays *a;
    void *state;
};

static void run_emitted(void *user) {
    const struct emitted *e = user;
    adam_rule_step(e->state, e->a->n, e->a->x, e->a->g, 1e-3, -1);
}

/* ---- the library ---- */

static struct engine engine_of(l2osr_context *ctx, l2osr_rule *rule, struct arrays *a,
                               l2osr_nonfinite policy) {
    l2osr_stepper_options o = L2OSR_STEPPER_OPTIONS_INIT;
    struct engine e = {a->x, a->g, NULL};
    o.nonfinite = policy;
    must(l2osr_stepper_create(&e.stepper, ctx, rule, 1, &a->n, &o));
    return e;
}

/* ---- cases ---- */

struct place {
    const char *name;
    size_t n;
    unsigned threads;
    double goal; /* of the library, relative to the loop by hand */
};

static void bench_adam(struct bench *bench, const struct place *place) {
    l2osr_context *ctx = context_of(place->threads);
    l2osr_rule *rule;
    must(l2osr_rule_preset(&rule, ctx, "adam"));
    struct arrays a = arrays_of(place->n);
    struct hand hand = {ctx, &a, place->threads, adam_part};
    struct engine checked = engine_of(ctx, rule, &a, L2OSR_NONFINITE_SKIP);
    struct engine plain = engine_of(ctx, rule, &a, L2OSR_NONFINITE_PROPAGATE);
    struct emitted emitted = {&a, malloc(adam_rule_state_size(a.n))};
    if (!emitted.state)
        abort();
    adam_rule_init(emitted.state, a.n, 0);
    const struct bench_work works[] = {
        {run_hand, &hand}, {run_engine, &checked}, {run_engine, &plain}, {run_emitted, &emitted}};
    const size_t count = place->threads == 1 ? 4 : 3; /* emitted code has no threads */
    double s[4];
    bench_time(bench, count, works, s);
    bench_report(bench, place->name, "by hand", s[0] / (double)a.n * 1e9, "ns");
    bench_report(bench, place->name, "GB/s", 28 * (double)a.n / s[0] * 1e-9, "GB/s");
    bench_at_least(bench, place->name, "rule", s[0] / s[1], "x", place->goal);
    bench_at_least(bench, place->name, "unchecked", s[0] / s[2], "x", place->goal);
    if (count == 4)
        bench_at_least(bench, place->name, "emitted C", s[0] / s[3], "x", 0.95);
    l2osr_stepper_free(checked.stepper);
    l2osr_stepper_free(plain.stepper);
    free(emitted.state);
    arrays_free(&a);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}

static void bench_formula(struct bench *bench, const struct place *place) {
    l2osr_context *ctx = context_of(place->threads);
    l2osr_rule *rule;
    must(l2osr_rule_parse(&rule, ctx, formula, NULL));
    struct arrays a = arrays_of(place->n);
    struct hand plain = {ctx, &a, place->threads, formula_part};
    struct hand copy = {ctx, &a, place->threads, copy_part};
    struct engine engine = engine_of(ctx, rule, &a, L2OSR_NONFINITE_SKIP);
    const struct bench_work works[] = {
        {run_hand, &plain}, {run_hand, &copy}, {run_engine, &engine}};
    double s[3];
    bench_time(bench, 3, works, s);
    bench_report(bench, place->name, "libm", s[0] / (double)a.n * 1e9, "ns");
    bench_report(bench, place->name, "copy", s[1] / (double)a.n * 1e9, "ns");
    bench_report(bench, place->name, "rule", s[2] / (double)a.n * 1e9, "ns");
    bench_at_least(bench, place->name, "to libm", s[0] / s[2], "x", place->goal);
    bench_report(bench, place->name, "to copy", s[1] / s[2], "x");
    l2osr_stepper_free(engine.stepper);
    arrays_free(&a);
    l2osr_rule_free(rule);
    l2osr_context_free(ctx);
}

int main(int argc, char **argv) {
    static const struct place adam[] = {{"16M, 1 thread", IN_MEMORY, 1, 0.75},
                                        {"16M, 2 threads", IN_MEMORY, THREADS, 0.75},
                                        {"10k, 1 thread", IN_CACHE, 1, 0.5}};
    static const struct place three[] = {{"16M, 1 thread ", IN_MEMORY, 1, 3},
                                         {"16M, 2 threads ", IN_MEMORY, THREADS, 3},
                                         {"10k, 1 thread ", IN_CACHE, 1, 3}};
    int status;
    struct bench *bench = bench_start(
        argc, argv, "Steps of the library beside loops by hand; x: times as fast.", NULL, &status);
    if (!bench)
        return status;
    bench_section(bench, "Adam, f32 (checked: gradients that are not finite are looked for)");
    for (size_t i = 0; i < sizeof adam / sizeof adam[0]; i++)
        bench_adam(bench, &adam[i]);
    bench_section(bench, "-lr * tanh(ema(asinh(g), 0.9)) * exp(-abs(x)), f32");
    for (size_t i = 0; i < sizeof three / sizeof three[0]; i++)
        bench_formula(bench, &three[i]);
    return bench_finish(bench);
}
