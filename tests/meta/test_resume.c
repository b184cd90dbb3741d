/* SPDX-License-Identifier: MIT */
/* Training that is interrupted and goes on, and the files from which it does. */
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "suites.h"
#include "support.h"
#include "training.h"

/* For `cut`: no cutter, so that the context's own threads run its loops; one that only counts. */
enum { FREE = -1, NEVER = -2 };

/* Trains with everything there is, in a context of its own; `weights` may be NULL. Returns the
 * loops counted, or -1 when training was canceled. */
static long train_everything(const char *path, bool resume, unsigned threads, long cut,
                             double *weights) {
    struct cutter cutter = {.cut = cut};
    l2osr_context_options co = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    struct everything all;
    l2osr_model *model;
    co.seed = 1;
    co.threads = threads;
    if (cut != FREE) {
        co.parallel_for = cut_loop;
        co.parallel_user = &cutter;
    }
    ck_assert_int_eq(l2osr_context_create(&ctx, &co), L2OSR_OK);
    cutter.ctx = ctx;
    ck_ok(open_everything(&all, ctx), ctx);
    all.options.checkpoint = path;
    all.options.checkpoint_seconds = cut % 2 ? 3600 : 1e-9; /* only in the end, and always */
    all.options.resume = resume;
    const l2osr_status status = train(ctx, &model, &all.options, NULL);
    ck_assert_msg(status == L2OSR_OK || (cut >= 0 && status == L2OSR_ECANCELED), "%s",
                  l2osr_context_errmsg(ctx));
    if (weights)
        memcpy(weights, l2osr_model_weights(model), WEIGHTS * sizeof *weights);
    l2osr_model_free(model);
    close_everything(&all);
    l2osr_context_free(ctx);
    return status == L2OSR_OK ? cutter.loops : -1;
}

struct bytes {
    unsigned char at[1 << 16];
    size_t size;
};

static void read_bytes(struct bytes *b, const char *path) {
    FILE *file = fopen(path, "rb");
    ck_assert_msg(file != NULL, "%s", path);
    b->size = fread(b->at, 1, sizeof b->at, file);
    ck_assert_uint_lt(b->size, sizeof b->at);
    fclose(file);
}

START_TEST(interrupted_anywhere_the_weights_are_the_same) {
    static struct bytes whole, resumed;
    double expected[WEIGHTS], weights[WEIGHTS];
    char path[300];
    test_tmp_path(path, sizeof path, "training");
    const long loops = train_everything(path, false, 2, NEVER, expected);
    read_bytes(&whole, path);
    ck_assert_int_gt(loops, 60);
    for (long cut = 1; cut < loops; cut += 3) {
        remove(path);
        ck_assert_int_eq(train_everything(path, false, 2, cut, NULL), -1);
        const bool begun = access(path, F_OK) == 0; /* not in the first validation */
        ck_assert(begun || cut < 5);
        train_everything(path, begun, cut % 2 ? 4 : 1, FREE, weights);
        ck_assert_mem_eq(weights, expected, sizeof weights);
        read_bytes(&resumed, path);
        ck_assert_uint_eq(resumed.size, whole.size);
        ck_assert_int_eq(memcmp(resumed.at, whole.at, whole.size), 0);
    }
    /* what has ended does not go on, and gives its weights again */
    train_everything(path, true, 1, FREE, weights);
    ck_assert_mem_eq(weights, expected, sizeof weights);
}
END_TEST

START_TEST(interrupted_twice_the_weights_are_the_same) {
    double expected[WEIGHTS], weights[WEIGHTS];
    char path[300];
    test_tmp_path(path, sizeof path, "twice");
    const long loops = train_everything(path, false, 2, NEVER, expected);
    ck_assert_int_eq(train_everything(path, false, 2, loops / 2, NULL), -1);
    ck_assert_int_eq(train_everything(path, true, 2, loops / 4, NULL), -1);
    train_everything(path, true, 1, FREE, weights);
    ck_assert_mem_eq(weights, expected, sizeof weights);
}
END_TEST

START_TEST(threads_do_not_change_a_bit_with_everything_on) {
    double expected[WEIGHTS], weights[WEIGHTS];
    train_everything(NULL, false, 1, FREE, expected);
    for (unsigned threads = 2; threads <= 4; threads += 2) {
        train_everything(NULL, false, threads, FREE, weights);
        ck_assert_mem_eq(weights, expected, sizeof weights);
    }
}
END_TEST

/* ---- files ---- */

/* A small training with a checkpoint, so that there is one; and its options. */
static l2osr_context *with_checkpoint(l2osr_meta_options *o, const char *path) {
    l2osr_context *ctx = test_context();
    l2osr_model *model;
    *o = small_options();
    o->meta_steps = 4;
    o->imitation = 2;
    o->checkpoint = path;
    ck_ok(train(ctx, &model, o, NULL), ctx);
    l2osr_model_free(model);
    o->resume = 1;
    return ctx;
}

/* Resuming fails and leaves the model alone. */
static void expect_refused(l2osr_context *ctx, const l2osr_meta_options *o, l2osr_status status,
                           const char *text) {
    l2osr_model *model, *fresh;
    ck_ok(l2osr_model_create(&fresh, ctx, NULL), ctx);
    ck_assert_int_eq(train(ctx, &model, o, NULL), status);
    ck_assert_msg(strstr(l2osr_context_errmsg(ctx), text) != NULL, "no '%s' in: %s", text,
                  l2osr_context_errmsg(ctx));
    ck_assert_mem_eq(l2osr_model_weights(model), l2osr_model_weights(fresh),
                     WEIGHTS * sizeof(double));
    l2osr_model_free(model);
    l2osr_model_free(fresh);
}

START_TEST(damaged_checkpoints_are_errors) {
    static struct bytes good, bad;
    l2osr_meta_options o;
    char path[300];
    test_tmp_path(path, sizeof path, "damaged");
    l2osr_context *ctx = with_checkpoint(&o, path);
    read_bytes(&good, path);
    for (size_t size = 0; size < good.size; size += 1 + size / 8) {
        test_write_bytes(path, good.at, size);
        expect_refused(ctx, &o, L2OSR_EFORMAT, path);
    }
    for (size_t at = 0; at < good.size; at += 1 + at / 8) {
        bad = good;
        bad.at[at] ^= 0x10;
        test_write_bytes(path, bad.at, bad.size);
        expect_refused(ctx, &o, L2OSR_EFORMAT, path);
    }
    bad = good;
    bad.at[bad.size++] = 0;
    test_write_bytes(path, bad.at, bad.size);
    expect_refused(ctx, &o, L2OSR_EFORMAT, "truncated, or something follows");
    l2osr_context_free(ctx);
}
END_TEST

/* Position of the state in a file, and a checksum that fits what was altered. */
static size_t state_of(const struct bytes *b) {
    return 32 + b->at[16] + 256U * b->at[17];
}

START_TEST(states_that_make_no_sense_are_errors) {
    static const struct {
        size_t word; /* of the state */
        unsigned char top;
        const char *text;
    } cases[] = {
        {0, 1, "more meta-steps"},
        {3, 1, "contradict"},
        {6, 1, "contradict"},
        {8, 1, "contradict"},
        {9, 1, "ended for a reason"},
        {12, 1, "no such stage"},
        {16, 0x7f, "not finite"},
        {16 + WEIGHTS, 0x7f, "not finite"},
        {17 + 2 * WEIGHTS + WEIGHTS, 0xbf, "moments"},
    };
    static struct bytes good, bad;
    l2osr_meta_options o;
    char path[300];
    test_tmp_path(path, sizeof path, "nonsense");
    l2osr_context *ctx = with_checkpoint(&o, path);
    read_bytes(&good, path);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        bad = good;
        memset(bad.at + state_of(&bad) + 8 * cases[i].word + 6, 0xff, 1);
        bad.at[state_of(&bad) + 8 * cases[i].word + 7] = cases[i].top;
        test_seal(bad.at, bad.size);
        test_write_bytes(path, bad.at, bad.size);
        expect_refused(ctx, &o, L2OSR_EFORMAT, cases[i].text);
    }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(what_differs_is_named) {
    l2osr_meta_options o, other;
    char path[300];
    test_tmp_path(path, sizeof path, "other");
    l2osr_context *ctx = with_checkpoint(&o, path);
    l2osr_rule *adam;
    ck_ok(l2osr_rule_preset(&adam, ctx, "adam"), ctx);
#define EXPECT_NAMED(change, text)                                                                 \
    do {                                                                                           \
        other = o;                                                                                 \
        change;                                                                                    \
        expect_refused(ctx, &other, L2OSR_EINVAL, text);                                           \
    } while (0)
    EXPECT_NAMED(other.meta_steps = 5, "option meta_steps 5");
    EXPECT_NAMED(other.horizon = 50, "option horizon 50");
    EXPECT_NAMED(other.meta_lr = 0.5, "option meta_lr 0.5");
    EXPECT_NAMED(other.random_scale = 2, "option random_scale 2");
    EXPECT_NAMED(other.teacher = adam, "teacher built in");
    EXPECT_NAMED(other.loss = L2OSR_LOSS_LAST, "option loss 2");
    EXPECT_NAMED(other.optimizer = L2OSR_META_SGD, "option optimizer 1");
    EXPECT_NAMED(other.momentum = 0.5, "option momentum 0.5");
    EXPECT_NAMED(other.back_off = 1, "option back_off 1");
    EXPECT_NAMED(other.seed = 9, "seed ");
    EXPECT_NAMED(other.imitation_share = 0.5, "imitation share 0.5");
    EXPECT_NAMED(other.with_curriculum = 1, "stage 100");
    l2osr_rule_free(adam);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(models_and_tasks_must_be_the_same) {
    l2osr_meta_options o;
    char path[300];
    test_tmp_path(path, sizeof path, "models");
    l2osr_context *ctx = with_checkpoint(&o, path);
    const l2osr_model_options large = {.struct_size = sizeof large, .preset = "rp"};
    l2osr_model *model;
    l2osr_task *task;
    ck_ok(l2osr_task_quadratic(&task, ctx, DIM, 30, 0.1, 4), ctx);
    ck_ok(l2osr_model_create(&model, ctx, &large), ctx);
    ck_assert_int_eq(l2osr_meta_train(ctx, model, task, task, &o, NULL), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "'model rp'"));
    l2osr_model_free(model);
    l2osr_task_free(task);
    ck_ok(l2osr_task_quadratic(&task, ctx, DIM + 1, 30, 0.1, 4), ctx);
    ck_ok(l2osr_model_create(&model, ctx, NULL), ctx);
    ck_assert_int_eq(l2osr_meta_train(ctx, model, task, task, &o, NULL), L2OSR_EINVAL);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "of 151 parameters"));
    l2osr_model_free(model);
    l2osr_task_free(task);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(files_that_are_not_there_are_errors) {
    l2osr_meta_options o;
    char path[300];
    test_tmp_path(path, sizeof path, "there");
    l2osr_context *ctx = with_checkpoint(&o, path);
    o.checkpoint = "/nowhere/at/all";
    expect_refused(ctx, &o, L2OSR_ENOTFOUND, "/nowhere/at/all");
    o.resume = 0; /* training runs, and cannot leave its checkpoint */
    l2osr_model *model;
    ck_assert_int_eq(train(ctx, &model, &o, NULL), L2OSR_EIO);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

/* Of training with everything on, with a checkpoint, and of going on. */
START_TEST(failing_allocations_leave_nothing_behind) {
    char path[300];
    test_tmp_path(path, sizeof path, "memory");
    train_everything(path, false, 1, FREE, NULL);
    for (long fail_at = 2;; fail_at += fail_at < 150 ? 1 : 53) {
        struct failing_allocator counter = {fail_at, 0, 0};
        struct l2osr_allocator hooks = failing_allocator_hooks(&counter);
        l2osr_context *ctx = test_context_with(1, &hooks);
        struct everything all;
        l2osr_model *model = NULL;
        l2osr_status status = open_everything(&all, ctx);
        all.options.checkpoint = path;
        all.options.resume = fail_at % 2;
        if (status == L2OSR_OK)
            status = train(ctx, &model, &all.options, NULL);
        l2osr_model_free(model);
        close_everything(&all);
        l2osr_context_free(ctx);
        ck_assert_int_eq(counter.live, 0);
        if (status == L2OSR_OK && fail_at % 2 == 0)
            break;
        ck_assert(status == L2OSR_OK || status == L2OSR_ENOMEM);
    }
}
END_TEST

Suite *resume_suite(void) {
    Suite *suite = suite_create("resume");
    TCase *tests = tcase_create("resume");
    tcase_set_timeout(tests, 120);
    tcase_add_test(tests, interrupted_anywhere_the_weights_are_the_same);
    tcase_add_test(tests, interrupted_twice_the_weights_are_the_same);
    tcase_add_test(tests, threads_do_not_change_a_bit_with_everything_on);
    tcase_add_test(tests, damaged_checkpoints_are_errors);
    tcase_add_test(tests, states_that_make_no_sense_are_errors);
    tcase_add_test(tests, what_differs_is_named);
    tcase_add_test(tests, models_and_tasks_must_be_the_same);
    tcase_add_test(tests, files_that_are_not_there_are_errors);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
