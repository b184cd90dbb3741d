/* SPDX-License-Identifier: MIT */
/* Searches that are interrupted, saved, continued, started from known formulas and watched. */
#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sr/search.h"
#include "tests.h"

/* ---- searches ---- */

struct search {
    struct cutter cutter;
    l2osr_context *ctx;
    l2osr_samples *samples;
    l2osr_sr *sr;
};

static double soft(void *user, double a, double b) {
    (void)user;
    (void)b;
    return a / (1 + fabs(a));
}

static const l2osr_sr_function soft_function = {
    .struct_size = sizeof soft_function, .name = "soft", .arity = 1, .value = soft};
static const l2osr_sr_function *const functions[] = {&soft_function};

/* A short search over series that uses everything there is. */
static l2osr_sr_options series_options(void) {
    static const double decays[] = {0.5, 0.9};
    l2osr_sr_options o = L2OSR_SR_OPTIONS_INIT;
    o.operators = "+ * - tanh square abs exp:2 ema dsum wsum";
    o.nesting = "exp(exp):0";
    o.evaluations = 4000;
    o.islands = 4;
    o.population = 20;
    o.epoch = 150;
    o.pool = 100;
    o.max_lag = 2;
    o.decays = decays;
    o.n_decays = 2;
    o.warmup = 0.8;
    o.functions = functions;
    o.n_functions = 1;
    return o;
}

/* `cut` is -1 for a search that is not interrupted. */
static void open_search(struct search *s, const l2osr_sr_options *o, unsigned threads, long cut) {
    l2osr_context_options options = L2OSR_CONTEXT_OPTIONS_INIT;
    memset(s, 0, sizeof *s);
    s->cutter.cut = cut;
    options.threads = threads;
    options.seed = 1;
    if (cut >= 0) {
        options.parallel_for = cut_loop;
        options.parallel_user = &s->cutter;
    }
    ck_assert_int_eq(l2osr_context_create(&s->ctx, &options), L2OSR_OK);
    s->cutter.ctx = s->ctx;
    s->samples = make_series(s->ctx);
    for (size_t i = 0; i < l2osr_samples_trajectories(s->samples); i++)
        for (size_t t = 0; t < l2osr_samples_steps(s->samples); t++) { /* nothing exact to find */
            double noise;
            l2osr_random_normal(11, 1000 * i + t, 0, 0.3, &noise, 1);
            l2osr_samples_target(s->samples, i)[t] += (float)noise;
        }
    ck_ok(l2osr_sr_create(&s->sr, s->ctx, s->samples, o), s->ctx);
}

static void close_search(struct search *s) {
    l2osr_sr_free(s->sr);
    l2osr_samples_free(s->samples);
    l2osr_context_free(s->ctx);
}

static l2osr_front *run_to_front(struct search *s) {
    l2osr_front *front;
    ck_ok(l2osr_sr_run(s->sr), s->ctx);
    ck_ok(l2osr_sr_front(s->sr, &front), s->ctx);
    return front;
}

/* ---- files ---- */

struct bytes {
    unsigned char *at;
    size_t size;
};

static struct bytes read_bytes(const char *path) {
    FILE *file = fopen(path, "rb");
    struct bytes b = {malloc(1 << 20), 0};
    ck_assert_msg(file != NULL, "%s", path);
    b.size = fread(b.at, 1, 1 << 20, file);
    ck_assert_uint_lt(b.size, 1 << 20);
    fclose(file);
    return b;
}

static void expect_same_bytes(const char *one, const char *other) {
    struct bytes a = read_bytes(one), b = read_bytes(other);
    ck_assert_uint_eq(a.size, b.size);
    ck_assert_int_eq(memcmp(a.at, b.at, a.size), 0);
    free(a.at);
    free(b.at);
}

/* ---- going on ---- */

/* Cuts a search in loop `cut`, and goes on with the file it leaves in another context. */
static void expect_resumes(const l2osr_front *whole, const l2osr_sr_options *o, unsigned threads,
                           long cut) {
    char left[256], saved[256];
    l2osr_sr_options options = *o;
    struct search s;
    l2osr_front *front;
    test_tmp_path(left, sizeof left, "left.ckpt");
    test_tmp_path(saved, sizeof saved, "saved.ckpt");
    options.checkpoint = left;
    open_search(&s, &options, 2, cut);
    ck_assert_msg(l2osr_sr_run(s.sr) == L2OSR_ECANCELED, "cut %ld of %ld", cut, s.cutter.loops);
    ck_ok(l2osr_sr_save(s.sr, saved), s.ctx);
    expect_same_bytes(left, saved);
    close_search(&s);
    open_search(&s, o, threads, -1);
    ck_ok(l2osr_sr_load(s.sr, left), s.ctx);
    ck_ok(l2osr_sr_front(s.sr, &front), s.ctx);
    ck_assert_uint_eq(l2osr_front_size(front), 0);
    l2osr_front_free(front);
    front = run_to_front(&s);
    check_same_front(whole, front, true);
    l2osr_front_free(front);
    close_search(&s);
}

START_TEST(interruptions_do_not_show) {
    const l2osr_sr_options o = series_options();
    struct search s;
    open_search(&s, &o, 1, -1);
    l2osr_front *whole = run_to_front(&s);
    ck_assert_uint_gt(l2osr_front_size(whole), 3);
    for (long cut = 0; cut < 6; cut++)
        expect_resumes(whole, &o, cut % 2 ? 1 : 2, cut);
    l2osr_front_free(whole);
    close_search(&s);
}
END_TEST

/* Interrupted again and again, each time after an epoch or two. */
START_TEST(many_interruptions_do_not_show) {
    l2osr_sr_options o = series_options();
    char path[256];
    struct search one, s;
    l2osr_status status;
    int runs = 0;
    open_search(&one, &o, 2, -1);
    l2osr_front *whole = run_to_front(&one), *front;
    test_tmp_path(path, sizeof path, "again.ckpt");
    o.checkpoint = path;
    do {
        open_search(&s, &o, 2, 1 + runs % 2);
        if (runs++ > 0)
            ck_ok(l2osr_sr_load(s.sr, path), s.ctx);
        status = l2osr_sr_run(s.sr);
        ck_assert(status == L2OSR_OK || status == L2OSR_ECANCELED);
        ck_ok(l2osr_sr_front(s.sr, &front), s.ctx);
        if (status == L2OSR_OK)
            check_same_front(whole, front, true);
        l2osr_front_free(front);
        close_search(&s);
    } while (status == L2OSR_ECANCELED && runs < 100);
    ck_assert_int_eq(status, L2OSR_OK);
    ck_assert_int_gt(runs, 3);
    l2osr_front_free(whole);
    close_search(&one);
}
END_TEST

/* Loads a checkpoint into a search with so large a budget, and runs it. */
static l2osr_front *continue_to(struct search *s, const char *path, uint64_t evaluations) {
    l2osr_sr_options o = series_options();
    o.warmup = 0; /* a part of the budget */
    o.evaluations = evaluations;
    open_search(s, &o, 2, -1);
    if (path)
        ck_ok(l2osr_sr_load(s->sr, path), s->ctx);
    return run_to_front(s);
}

START_TEST(larger_budgets_go_on) {
    char path[256];
    struct search s[4];
    test_tmp_path(path, sizeof path, "more.ckpt");
    l2osr_front *half = continue_to(&s[0], NULL, 6000);
    ck_ok(l2osr_sr_save(s[0].sr, path), s[0].ctx);
    l2osr_front *again = continue_to(&s[1], path, 6000); /* nothing is left to spend */
    l2osr_front *more = continue_to(&s[2], path, 9000), *whole = continue_to(&s[3], NULL, 9000);
    check_same_front(half, again, true);
    check_same_front(whole, more, true);
    l2osr_front_free(half);
    l2osr_front_free(again);
    l2osr_front_free(more);
    l2osr_front_free(whole);
    for (size_t i = 0; i < 4; i++)
        close_search(&s[i]);
}
END_TEST

START_TEST(checkpoints_that_cannot_be_written_are_errors_at_the_end) {
    l2osr_sr_options o = series_options();
    struct search s;
    l2osr_front *front;
    o.checkpoint = "/nonexistent/search.ckpt";
    open_search(&s, &o, 2, -1);
    ck_assert_int_eq(l2osr_sr_run(s.sr), L2OSR_EIO);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(s.ctx), o.checkpoint));
    ck_ok(l2osr_sr_front(s.sr, &front), s.ctx);
    ck_assert_uint_gt(l2osr_front_size(front), 3);
    l2osr_front_free(front);
    close_search(&s);
}
END_TEST

/* ---- files that do not fit ---- */

/* A search as small as can be, and the checkpoint it leaves. */
static struct bytes open_small(struct search *s, const char *path) {
    l2osr_sr_options o = series_options();
    o.evaluations = 60;
    o.islands = 2;
    o.population = 4;
    o.epoch = 15;
    o.pool = 20;
    o.max_complexity = 7;
    open_search(s, &o, 1, -1);
    ck_ok(l2osr_sr_run(s->sr), s->ctx);
    ck_ok(l2osr_sr_save(s->sr, path), s->ctx);
    return read_bytes(path);
}

static void expect_unchanged(struct search *s, struct bytes b) {
    char path[256];
    test_tmp_path(path, sizeof path, "unchanged.ckpt");
    ck_ok(l2osr_sr_save(s->sr, path), s->ctx);
    struct bytes now = read_bytes(path);
    ck_assert_uint_eq(now.size, b.size);
    ck_assert_int_eq(memcmp(now.at, b.at, b.size), 0);
    free(now.at);
}

START_TEST(damaged_files_are_errors) {
    char path[256];
    struct search s;
    test_tmp_path(path, sizeof path, "damaged.ckpt");
    struct bytes b = open_small(&s, path);
    for (size_t i = 0; i < b.size; i++) {
        b.at[i] ^= (unsigned char)(1 << i % 8);
        test_write_bytes(path, b.at, b.size);
        ck_assert_int_eq(l2osr_sr_load(s.sr, path), L2OSR_EFORMAT);
        ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(s.ctx), path));
        b.at[i] ^= (unsigned char)(1 << i % 8);
    }
    for (size_t size = 0; size < b.size; size++) {
        test_write_bytes(path, b.at, size);
        ck_assert_int_eq(l2osr_sr_load(s.sr, path), L2OSR_EFORMAT);
    }
    expect_unchanged(&s, b);
    b.at[b.size] = 0;
    test_write_bytes(path, b.at, b.size + 1);
    ck_assert_int_eq(l2osr_sr_load(s.sr, path), L2OSR_EFORMAT);
    ck_assert_int_eq(l2osr_sr_load(s.sr, "/nonexistent.ckpt"), L2OSR_ENOTFOUND);
    ck_assert_int_eq(l2osr_sr_load(s.sr, NULL), L2OSR_EINVAL);
    free(b.at);
    close_search(&s);
}
END_TEST

static void write_with_checksum(const char *path, struct bytes b) {
    test_seal(b.at, b.size);
    test_write_bytes(path, b.at, b.size);
}

/* Whoever can compute a checksum can write anything: the search may go on with it, or not. */
START_TEST(made_up_files_do_no_harm) {
    const unsigned char values[] = {0, 1, 0x7f, 0x80, 0xff};
    char path[256], good[256];
    struct search s;
    size_t taken = 0, refused = 0;
    test_tmp_path(path, sizeof path, "made-up.ckpt");
    test_tmp_path(good, sizeof good, "good.ckpt");
    struct bytes b = open_small(&s, good);
    for (size_t i = 8; i < b.size - 4; i++) {
        const unsigned char kept = b.at[i];
        b.at[i] = values[i % 5] == kept ? (unsigned char)(kept + 1) : values[i % 5];
        write_with_checksum(path, b);
        if (l2osr_sr_load(s.sr, path) != L2OSR_OK)
            refused++;
        else if (taken++ % 16 == 0)
            ck_ok(l2osr_sr_run(s.sr), s.ctx);
        b.at[i] = kept;
    }
    ck_assert_uint_gt(taken, 100);   /* constants, errors, frequencies */
    ck_assert_uint_gt(refused, 100); /* the description, operators, arities */
    ck_ok(l2osr_sr_load(s.sr, good), s.ctx);
    free(b.at);
    close_search(&s);
}
END_TEST

/* Puts another value of so many bytes at the only place of the state where one fits. */
static void expect_bad_state(struct search *s, struct bytes b, size_t at, uint64_t value,
                             size_t bytes, const char *message) {
    char path[256];
    unsigned char *copy = malloc(b.size);
    memcpy(copy, b.at, b.size);
    for (size_t k = 0; k < bytes; k++)
        copy[at + k] = (unsigned char)(value >> 8 * k);
    test_tmp_path(path, sizeof path, "bad.ckpt");
    write_with_checksum(path, (struct bytes){copy, b.size});
    ck_assert_int_eq(l2osr_sr_load(s->sr, path), L2OSR_EFORMAT);
    ck_assert_msg(strstr(l2osr_context_errmsg(s->ctx), message), "%s",
                  l2osr_context_errmsg(s->ctx));
    free(copy);
}

/* The first member of the hall is a constant: cost, error, mark, 1 node, its opcode, its value. */
START_TEST(made_up_states_are_named) {
    enum { FIRST = 24 + 4 };
    char path[256];
    struct search s;
    test_tmp_path(path, sizeof path, "good.ckpt");
    struct bytes b = open_small(&s, path);
    size_t state = 32;
    for (size_t k = 0; k < 4; k++)
        state += (size_t)b.at[16 + k] << 8 * k;
    expect_bad_state(&s, b, state + 24, 251, 4, "damaged before byte");
    expect_bad_state(&s, b, state + FIRST, 0xfff8000000000000, 8, "an error is not");
    expect_bad_state(&s, b, state + FIRST + 16, 2, 1, "neither 0 nor 1");
    expect_bad_state(&s, b, state + FIRST + 17, 0, 2, "no tree");
    expect_bad_state(&s, b, state + FIRST + 17, 8, 2, "too large");
    expect_bad_state(&s, b, state + FIRST + 19, 9, 1, "no operands");
    expect_bad_state(&s, b, state + FIRST + 19, 200, 1, "operator that the search lacks");
    expect_bad_state(&s, b, state + FIRST + 19, 12, 1, "operator that the search lacks");
    expect_bad_state(&s, b, state + 16, 1 << 30, 8, "more evaluations are spent");
    expect_unchanged(&s, b);
    free(b.at);
    close_search(&s);
}
END_TEST

static void expect_misfit(const char *path, const l2osr_sr_options *o, uint64_t seed,
                          const char *message) {
    l2osr_context_options context_options = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    l2osr_sr *sr;
    context_options.seed = seed;
    ck_assert_int_eq(l2osr_context_create(&ctx, &context_options), L2OSR_OK);
    l2osr_samples *samples = make_series(ctx);
    ck_ok(l2osr_sr_create(&sr, ctx, samples, o), ctx);
    ck_assert_int_eq(l2osr_sr_load(sr, path), L2OSR_EINVAL);
    ck_assert_msg(strstr(l2osr_context_errmsg(ctx), message), "%s", l2osr_context_errmsg(ctx));
    l2osr_sr_free(sr);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}

START_TEST(what_does_not_fit_is_named) {
    const l2osr_sr_options original = series_options();
    l2osr_sr_options o = original;
    char path[256];
    struct search s;
    test_tmp_path(path, sizeof path, "other.ckpt");
    open_search(&s, &o, 2, -1);
    ck_ok(l2osr_sr_save(s.sr, path), s.ctx);
    expect_misfit(path, &o, 1, "'samples 12 trajectories of 60 steps, CRC-32");
    expect_misfit(path, &o, 2, "'seed ");
    o.population = 21;
    expect_misfit(path, &o, 1, "'option population 20' where this one has 'option population 21'");
    o = original;
    o.max_lag = 1;
    expect_misfit(path, &o, 1, "'option max_lag 2'");
    o = original;
    o.operators = "+ * - tanh square abs exp:3 ema dsum wsum";
    expect_misfit(path, &o, 1, "'operator exp:2' where this one has 'operator exp:3'");
    o = original;
    o.nesting = "exp(exp):1";
    expect_misfit(path, &o, 1, "'nesting exp(exp):0'");
    o = original;
    o.n_decays = 1;
    expect_misfit(path, &o, 1, "'decay 0.9'");
    o = original;
    o.n_functions = 0;
    expect_misfit(path, &o, 1, "'function soft of 1'");
    close_search(&s);
    o = original; /* what may change */
    o.evaluations = 17;
    o.seconds = 3;
    o.checkpoint_seconds = 1;
    o.report_seconds = 5;
    open_search(&s, &o, 1, -1);
    ck_ok(l2osr_sr_load(s.sr, path), s.ctx);
    close_search(&s);
}
END_TEST

/* ---- warm starts ---- */

static const l2osr_formula *best_of(const l2osr_front *front) {
    return l2osr_front_get(front, l2osr_front_size(front) - 1);
}

START_TEST(seeds_are_found_at_once) {
    l2osr_sr_options o = series_options();
    l2osr_context *ctx = test_context();
    l2osr_samples *samples = make_series(ctx);
    l2osr_sr *sr;
    l2osr_front *front;
    o.evaluations = 1;
    o.max_lag = 3;
    o.warmup = 0;
    ck_ok(l2osr_sr_create(&sr, ctx, samples, &o), ctx);
    /* not quite it: -0.7 a[2] + 0.3 ema(b, 0.8) */
    ck_ok(l2osr_sr_seed_text(sr, "ema(b, 0.75) - a[2] / 2"), ctx);
    ck_ok(l2osr_sr_seed_text(sr, "soft(a - b) + 1"), ctx); /* a function of the caller */
    ck_ok(l2osr_sr_run(sr), ctx);
    ck_ok(l2osr_sr_front(sr, &front), ctx);
    ck_assert_double_gt(best_of(front)->r2_validation, 0.999999);
    l2osr_front_free(front);
    l2osr_sr_free(sr);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
}
END_TEST

/* Whether the hall has a formula without error. */
static bool has_exact(const l2osr_sr *sr) {
    int32_t complexity;
    return l2osr__hall_best(&sr->world.hall, &complexity) < 1e-10 * sr->world.variance;
}

/* Each seed is the target itself. */
START_TEST(seeds_may_use_all_notations) {
    static const char *const seeds[] = {"ema(square(a), 0.9)",
                                        "ema(b, 0.7) + dsum(abs(a), 0.5)",
                                        "a + a[1]",
                                        "-a",
                                        "a - b[1]",
                                        "2 - -tanh(b[2])",
                                        "square(a)/4",
                                        "dsum(b, 0.5) * ~3",
                                        "1 + 2 + a*0.5",
                                        "tanh(-(a - 2*b)) - (a - (b - 1))",
                                        "a[1] + a[2]",
                                        "b[0]*b[2]",
                                        "wsum(b, 5)",
                                        "wsum(abs(a), 3) + 1",
                                        "1 - 2*wsum(b, 2)*a"};
    l2osr_sr_options o = series_options();
    char path[256];
    test_tmp_path(path, sizeof path, "seeded.ckpt");
    o.operators = "+ * tanh square abs ema dsum wsum"; /* no - */
    for (size_t i = 0; i < sizeof seeds / sizeof *seeds; i++) {
        struct search s;
        l2osr_sr *sr;
        open_search(&s, &o, 2, -1);
        const size_t runs = l2osr_samples_trajectories(s.samples);
        const size_t steps = l2osr_samples_steps(s.samples);
        float *values = malloc(runs * steps * sizeof *values);
        ck_ok(l2osr_predict(s.ctx, s.samples, seeds[i], values), s.ctx);
        for (size_t k = 0; k < runs; k++)
            memcpy(l2osr_samples_target(s.samples, k), values + k * steps, steps * sizeof *values);
        ck_ok(l2osr_sr_create(&sr, s.ctx, s.samples, &o), s.ctx);
        ck_assert(!has_exact(sr));
        ck_ok(l2osr_sr_seed_text(sr, seeds[i]), s.ctx);
        ck_assert_msg(has_exact(sr), "%s", seeds[i]);
        ck_ok(l2osr_sr_save(sr, path), s.ctx);
        ck_ok(l2osr_sr_load(sr, path), s.ctx); /* so it is well-formed */
        ck_assert(has_exact(sr));
        free(values);
        l2osr_sr_free(sr);
        close_search(&s);
    }
}
END_TEST

START_TEST(seeds_that_do_not_fit_are_refused) {
    static const struct {
        const char *text;
        l2osr_status status;
        const char *message;
    } cases[] = {
        {"a + cc", L2OSR_EPARSE, "column 5: unknown name 'cc'"},
        {"a + tahn(b)", L2OSR_EPARSE, "'tahn'"},
        {"sin(a)", L2OSR_ENOTFOUND, "'sin'"},
        {"a / b", L2OSR_ENOTFOUND, "'/'"},
        {"a ^ b", L2OSR_ENOTFOUND, "'^'"},
        {"a[3]", L2OSR_ENOTFOUND, "a[3]"},
        {"ema(sign(a), 0.9)", L2OSR_ENOTFOUND, "ema(sign(a), ...)"},
        {"ema(a + b, 0.9)", L2OSR_EUNSUPPORTED, "ema()"},
        {"ema(a, 1)", L2OSR_ERANGE, "decay"},
        {"dmax(a, 0.9)", L2OSR_EUNSUPPORTED, "dmax()"},
        {"(a + b)[1]", L2OSR_EUNSUPPORTED, "[1]"},
        {"exp(exp(a))", L2OSR_ERANGE, "nesting"},
        {"exp(300 * square(a))", L2OSR_ENONFINITE, "finite"},
        {"{1, 2} * a", L2OSR_EUNSUPPORTED, "groups"},
        {"a*b*tanh(a)*tanh(b)*tanh(a[1])*tanh(b[1])*tanh(a[2])*tanh(b[2])*exp(a)*exp(b)*square(a)",
         L2OSR_ERANGE, "max_complexity is 30"},
        {"", L2OSR_EPARSE, "seed"},
    };
    const l2osr_sr_options o = series_options();
    char one[256], other[256];
    struct search s;
    test_tmp_path(one, sizeof one, "one.ckpt");
    test_tmp_path(other, sizeof other, "other.ckpt");
    open_search(&s, &o, 2, -1);
    ck_ok(l2osr_sr_save(s.sr, one), s.ctx);
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
        ck_assert_msg(l2osr_sr_seed_text(s.sr, cases[i].text) == cases[i].status, "%s: %s",
                      cases[i].text, l2osr_context_errmsg(s.ctx));
        ck_assert_msg(strstr(l2osr_context_errmsg(s.ctx), cases[i].message), "%s: %s",
                      cases[i].text, l2osr_context_errmsg(s.ctx));
    }
    ck_assert_int_eq(l2osr_sr_seed_text(s.sr, NULL), L2OSR_EINVAL);
    ck_ok(l2osr_sr_save(s.sr, other), s.ctx);
    expect_same_bytes(one, other);
    close_search(&s);
}
END_TEST

START_TEST(fronts_are_seeds) {
    l2osr_sr_options o = series_options();
    struct search s, fresh;
    size_t taken;
    open_search(&s, &o, 2, -1);
    l2osr_front *old = run_to_front(&s), *front;
    const size_t count = l2osr_front_size(old);
    const double best = best_of(old)->mse;
    ck_ok(l2osr_front_add(old, "sin(a)"), s.ctx);
    ck_ok(l2osr_front_add(old, "stranger + 1"), s.ctx);
    o.evaluations = 1;
    o.warmup = 0;
    open_search(&fresh, &o, 1, -1);
    ck_ok(l2osr_sr_seed_front(fresh.sr, old, &taken), fresh.ctx);
    ck_assert_uint_eq(taken, count);
    ck_ok(l2osr_sr_seed_front(fresh.sr, old, NULL), fresh.ctx);
    ck_assert_int_eq(l2osr_sr_seed_front(fresh.sr, NULL, NULL), L2OSR_EINVAL);
    front = run_to_front(&fresh);
    ck_assert_double_le(best_of(front)->mse, 1.001 * best);
    l2osr_front_free(front);
    l2osr_front_free(old);
    close_search(&fresh);
    close_search(&s);
}
END_TEST

/* ---- reports ---- */

struct watcher {
    int calls, stop_at;
    size_t size;
    double best, done;
};

static int watch(void *user, const l2osr_front *front, const l2osr_progress *progress) {
    struct watcher *w = user;
    unsigned last = 0;
    double mse = INFINITY;
    w->size = l2osr_front_size(front);
    for (size_t i = 0; i < w->size; i++) {
        const l2osr_formula *f = l2osr_front_get(front, i);
        ck_assert_uint_gt(f->complexity, last);
        ck_assert_double_lt(f->mse, mse);
        ck_assert(f->r2_train <= 1 && isnan(f->r2_validation));
        last = f->complexity;
        mse = f->mse;
    }
    ck_assert_str_eq(progress->stage, "distil");
    ck_assert_ptr_nonnull(strstr(progress->detail, " nodes"));
    if (w->size > 0)
        ck_assert_double_eq(progress->best, best_of(front)->r2_train);
    ck_assert_double_ge((double)progress->done, w->done);
    w->done = (double)progress->done;
    return ++w->calls == w->stop_at;
}

START_TEST(reports_show_the_front) {
    struct watcher w = {0};
    l2osr_sr_options o = series_options();
    struct search s, silent;
    open_search(&silent, &o, 2, -1);
    o.report = watch;
    o.report_user = &w;
    o.report_seconds = 0.01;
    open_search(&s, &o, 2, -1);
    l2osr_front *front = run_to_front(&s), *same = run_to_front(&silent);
    ck_assert_int_ge(w.calls, 2);
    ck_assert_double_ge(w.done, 4000);
    ck_assert_uint_gt(w.size, 3);
    check_same_front(same, front, true);
    l2osr_front_free(front);
    l2osr_front_free(same);
    close_search(&s);
    close_search(&silent);
}
END_TEST

START_TEST(reports_can_stop) {
    struct watcher w = {.stop_at = 2};
    l2osr_sr_options o = series_options();
    struct search s;
    l2osr_front *front;
    o.evaluations = 100000000;
    o.report = watch;
    o.report_user = &w;
    o.report_seconds = 0.01;
    open_search(&s, &o, 2, -1);
    ck_assert_int_eq(l2osr_sr_run(s.sr), L2OSR_ECANCELED);
    ck_assert_int_eq(w.calls, 3); /* once more at the end */
    ck_assert(!l2osr_context_canceled(s.ctx));
    ck_ok(l2osr_sr_front(s.sr, &front), s.ctx);
    ck_assert_uint_gt(l2osr_front_size(front), 0);
    l2osr_front_free(front);
    close_search(&s);
}
END_TEST

/* ---- memory ---- */

/* Everything once in a context of which allocation number `fail_at` fails; whether all succeeded.
 */
static bool try_all(struct failing_allocator *allocator, long fail_at, const char *path) {
    l2osr_context_options context_options = L2OSR_CONTEXT_OPTIONS_INIT;
    const struct l2osr_allocator hooks = failing_allocator_hooks(allocator);
    struct watcher w = {0};
    l2osr_sr_options o = series_options();
    l2osr_context *ctx;
    l2osr_sr *sr;
    l2osr_front *front = NULL;
    size_t taken;
    o.evaluations = 100;
    o.islands = 2;
    o.population = 8;
    o.pool = 20;
    o.max_complexity = 9;
    o.checkpoint = path;
    o.report = watch;
    o.report_user = &w;
    context_options.allocator = &hooks;
    context_options.threads = 1;
    context_options.seed = 1;
    ck_assert_int_eq(l2osr_context_create(&ctx, &context_options), L2OSR_OK);
    l2osr_samples *samples = make_series(ctx);
    ck_ok(l2osr_sr_create(&sr, ctx, samples, &o), ctx);
    const long first = allocator->count;
    allocator->fail_at = fail_at < 0 ? -1 : first + fail_at;
    l2osr_status status = l2osr_sr_seed_text(sr, "0.3 * ema(b, 0.8) + a[2]");
    if (status == L2OSR_OK)
        status = l2osr_sr_run(sr);
    if (status == L2OSR_OK)
        status = l2osr_sr_load(sr, path);
    if (status == L2OSR_OK)
        status = l2osr_sr_front(sr, &front);
    if (status == L2OSR_OK)
        status = l2osr_sr_seed_front(sr, front, &taken);
    if (status == L2OSR_OK)
        status = l2osr_sr_save(sr, path);
    ck_assert(status == L2OSR_OK || status == L2OSR_ENOMEM);
    allocator->fail_at = -1;
    w.done = 0;
    ck_ok(l2osr_sr_run(sr), ctx); /* the search works on */
    allocator->count -= first;
    l2osr_front_free(front);
    l2osr_sr_free(sr);
    l2osr_samples_free(samples);
    l2osr_context_free(ctx);
    return status == L2OSR_OK;
}

START_TEST(every_failed_allocation) {
    char path[256];
    long fail_at = 0;
    bool done = false;
    test_tmp_path(path, sizeof path, "memory.ckpt");
    for (; !done; fail_at += fail_at < 40 ? 1 : 7) {
        struct failing_allocator allocator = {.fail_at = -1};
        done = try_all(&allocator, fail_at, path);
        ck_assert_int_eq(allocator.live, 0);
    }
    ck_assert_int_gt(fail_at, 40);
}
END_TEST

Suite *suite_resume(void) {
    Suite *suite = suite_create("resume");
    TCase *tests = tcase_create("resume");
    tcase_set_timeout(tests, 100);
    tcase_add_test(tests, interruptions_do_not_show);
    tcase_add_test(tests, many_interruptions_do_not_show);
    tcase_add_test(tests, larger_budgets_go_on);
    tcase_add_test(tests, checkpoints_that_cannot_be_written_are_errors_at_the_end);
    tcase_add_test(tests, damaged_files_are_errors);
    tcase_add_test(tests, made_up_files_do_no_harm);
    tcase_add_test(tests, made_up_states_are_named);
    tcase_add_test(tests, what_does_not_fit_is_named);
    tcase_add_test(tests, seeds_are_found_at_once);
    tcase_add_test(tests, seeds_may_use_all_notations);
    tcase_add_test(tests, seeds_that_do_not_fit_are_refused);
    tcase_add_test(tests, fronts_are_seeds);
    tcase_add_test(tests, reports_show_the_front);
    tcase_add_test(tests, reports_can_stop);
    tcase_add_test(tests, every_failed_allocation);
    suite_add_tcase(suite, tests);
    return suite;
}
