/* SPDX-License-Identifier: MIT */
/** @file sweep.h Runs some code with every allocation failing in turn. */
#ifndef TESTS_DATA_SWEEP_H
#define TESTS_DATA_SWEEP_H

#include "support.h"

/**
 * Runs `body`, which makes things and frees them, with the first, second, third ... allocation
 * failing, until it succeeds. Each failure must give L2OSR_ENOMEM and a message, and leave nothing
 * behind.
 */
static inline void sweep_failures(l2osr_status (*body)(l2osr_context *ctx)) {
    struct failing_allocator counts = {-1, 0, 0};
    struct l2osr_allocator allocator = failing_allocator_hooks(&counts);
    l2osr_context_options options = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    l2osr_status status = L2OSR_ENOMEM;
    options.allocator = &allocator;
    options.threads = 1;
    ck_assert_int_eq(l2osr_context_create(&ctx, &options), L2OSR_OK);
    long before = counts.live;
    for (counts.fail_at = 0; status != L2OSR_OK; counts.fail_at++) {
        counts.count = 0;
        status = body(ctx);
        ck_assert_msg(status == L2OSR_OK || status == L2OSR_ENOMEM, "allocation %ld: %s, %s",
                      counts.fail_at, l2osr_status_name(status), l2osr_context_errmsg(ctx));
        ck_assert_msg(counts.live == before, "allocation %ld: %ld blocks leaked", counts.fail_at,
                      counts.live - before);
        if (status != L2OSR_OK)
            ck_assert_str_ne(l2osr_context_errmsg(ctx), "");
    }
    ck_assert_int_gt(counts.fail_at, 1);
    l2osr_context_free(ctx);
    ck_assert_int_eq(counts.live, 0);
}

#endif
