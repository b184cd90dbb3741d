/* SPDX-License-Identifier: MIT */
/* Whatever the text is: a rule, or one line that says why not; never a crash. */
#include "tests.h"

#include <stdlib.h>
#include <string.h>

static const char adam[] = "l2osr-rule 1\n"
                           "let b1 = cosine(~0.9, 10, 0.8, 200, g)\n"
                           "let m = ema(g, b1) / (1 - b1^t)\n"
                           "let v = ema(square(g[1]), 0.999) / (1 - 0.999^t) # second moment\n"
                           "default lr = 0.001\n"
                           "update = -lr * m / (sqrt(v) + 1e-08)\n";

/* Parses a copy of exactly that length, so that sanitizers see a read past its end. */
static l2osr_status try_bytes(l2osr_context *ctx, const char *bytes, size_t size) {
    l2osr__rule_header header;
    l2osr__expr expr;
    char *text = malloc(size + 1);
    memcpy(text, bytes, size);
    text[size] = '\0';
    l2osr_status status =
        l2osr__parse_rule(&expr, &header, ctx, (l2osr__source){"f", text}, &symbols);
    ck_assert(status == L2OSR_OK || status == L2OSR_EPARSE);
    if (status != L2OSR_OK)
        ck_assert_msg(strncmp(l2osr_context_errmsg(ctx), "f: line ", 8) == 0 &&
                          !strchr(l2osr_context_errmsg(ctx), '\n'),
                      "message: %s", l2osr_context_errmsg(ctx));
    l2osr__expr_clear(&expr);
    free(text);
    return status;
}

START_TEST(cut_short) {
    l2osr_context *ctx = test_context();
    for (size_t size = 0; size < sizeof adam; size++)
        try_bytes(ctx, adam, size);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(mutated) {
    static const char alphabet[] = "gxtlr+-*/^()[],=~#\n 0123456789.eE_\"\\\x80\xff\t";
    l2osr_context *ctx = test_context();
    l2osr__rng rng;
    l2osr__rng_init(&rng, 40, 0);
    for (int k = 0; k < 20000; k++) {
        char text[sizeof adam];
        memcpy(text, adam, sizeof adam);
        for (uint32_t n = 1 + l2osr__rng_below(&rng, 4); n > 0; n--)
            text[l2osr__rng_below(&rng, sizeof adam - 1)] =
                alphabet[l2osr__rng_below(&rng, sizeof alphabet - 1)];
        try_bytes(ctx, text, sizeof adam - 1);
    }
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(binary) {
    l2osr_context *ctx = test_context();
    l2osr__rng rng;
    l2osr__rng_init(&rng, 41, 0);
    for (int k = 0; k < 5000; k++) {
        char text[64] = "l2osr-rule 1\n";
        const bool header = k % 2;
        for (size_t i = header ? 13 : 0; i < sizeof text; i++)
            text[i] = (char)l2osr__rng_u32(&rng);
        try_bytes(ctx, text, sizeof text);
    }
    l2osr_context_free(ctx);
}
END_TEST

/* Text of `count` times `piece` between `head` and `tail`. */
static l2osr_status try_repeated(l2osr_context *ctx, const char *head, const char *piece,
                                 size_t count, const char *tail) {
    const size_t length = strlen(piece), start = strlen(head);
    size_t size = start + count * length + strlen(tail);
    char *text = malloc(size + 1);
    memcpy(text, head, start);
    for (size_t i = 0; i < count; i++)
        memcpy(text + start + i * length, piece, length);
    memcpy(text + start + count * length, tail, strlen(tail));
    l2osr_status status = try_bytes(ctx, text, size);
    free(text);
    return status;
}

START_TEST(deep_and_huge) {
    static const char head[] = "l2osr-rule 1\nupdate = ";
    l2osr_context *ctx = test_context();
    ck_assert_int_eq(try_repeated(ctx, head, "(", 100000, "g\n"), L2OSR_EPARSE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "nested deeper than 200"));
    ck_assert_int_eq(try_repeated(ctx, head, "-", 100000, "g\n"), L2OSR_EPARSE);
    ck_assert_int_eq(try_repeated(ctx, head, "exp(", 100000, "g\n"), L2OSR_EPARSE);
    ck_assert_int_eq(try_repeated(ctx, head, "2^", 100000, "g\n"), L2OSR_EPARSE);
    ck_assert_int_eq(try_repeated(ctx, head, "g + ", 100000, "g\n"), L2OSR_EPARSE);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "more than 1024 nodes"));
    ck_assert_int_eq(try_repeated(ctx, head, "g + ", 1023, "g\n"), L2OSR_OK);
    ck_assert_int_eq(try_repeated(ctx, head, "g + ", 1024, "g\n"), L2OSR_EPARSE);
    ck_assert_int_eq(try_repeated(ctx, "l2osr-rule 1\nupdate = g", "[1]", 100000, "\n"),
                     L2OSR_EPARSE);
    ck_assert_int_eq(try_repeated(ctx, head, "a", 100000, "\n"), L2OSR_EPARSE);
    ck_assert_int_eq(try_repeated(ctx, head, "1", 100000, "\n"), L2OSR_EPARSE);
    ck_assert_int_eq(try_repeated(ctx, "l2osr-rule 1\n", "\n# nothing\n", 100000, "update = g\n"),
                     L2OSR_OK);
    l2osr_context_free(ctx);
}
END_TEST

TCase *malformed_tests(void) {
    TCase *tests = tcase_create("malformed");
    tcase_set_timeout(tests, 60);
    tcase_add_test(tests, cut_short);
    tcase_add_test(tests, mutated);
    tcase_add_test(tests, binary);
    tcase_add_test(tests, deep_and_huge);
    return tests;
}
