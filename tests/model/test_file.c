/* SPDX-License-Identifier: MIT */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zlib.h>

#include "base/bytes.h"
#include "files.h"
#include "golden.h"
#include "suites.h"

static const size_t tall[] = {3, 9, 4};

/* Presets and what differs from them in every way. */
static const l2osr_model_options odd[] = {
    L2OSR_MODEL_OPTIONS_INIT,
    {.struct_size = sizeof(l2osr_model_options), .preset = "dm_log"},
    {.struct_size = sizeof(l2osr_model_options), .preset = "rp_magic0", .groups = 5},
    /* every tensor that there can be */
    {.struct_size = sizeof(l2osr_model_options),
     .hidden = tall,
     .n_hidden = 3,
     .groups = 2,
     .output = L2OSR_OUTPUT_SCALED_TANH},
    {.struct_size = sizeof(l2osr_model_options),
     .preset = "dm",
     .pre = 3,
     .hidden = tall,
     .n_hidden = 3,
     .output = L2OSR_OUTPUT_TANH},
    {.struct_size = sizeof(l2osr_model_options),
     .pre = L2OSR_MODEL_NO_PRE,
     .groups = 1,
     .output = L2OSR_OUTPUT_LINEAR,
     .inputs = "t own mom5 mine",
     .features = "let mine = mom9[2] * g  # with a comment\nlet own = mine * 1e-17"},
};
enum { ODD = sizeof odd / sizeof odd[0] };

static l2osr_model *make(l2osr_context *ctx, const l2osr_model_options *options) {
    l2osr_model *model;
    ck_ok(l2osr_model_create(&model, ctx, options), ctx);
    return model;
}

START_TEST(a_saved_model_is_the_same_model) {
    l2osr_context *ctx = test_context();
    l2osr_model *model = make(ctx, &odd[_i]), *copy;
    char path[300];
    test_tmp_path(path, sizeof path, "m.model");
    ck_ok(l2osr_model_save(model, path), ctx);
    ck_ok(l2osr_model_load(&copy, ctx, path), ctx);
    ck_assert_str_eq(l2osr_model_preset(copy), odd[_i].preset ? odd[_i].preset : "rp_s");
    ck_assert_str_eq(l2osr_model_features(copy), l2osr_model_features(model));
    ck_assert_uint_eq(l2osr_model_feature_count(copy), l2osr_model_feature_count(model));
    for (size_t f = 0; f < l2osr_model_feature_count(model); f++)
        ck_assert_str_eq(l2osr_model_feature_name(copy, f), l2osr_model_feature_name(model, f));
    ck_assert_uint_eq(l2osr_model_size(copy), l2osr_model_size(model));
    ck_assert_mem_eq(l2osr_model_weights(copy), l2osr_model_weights(model),
                     l2osr_model_size(model) * sizeof(double));
    ck_assert_uint_eq(l2osr_model_tensor_count(copy), l2osr_model_tensor_count(model));
    ck_assert_uint_le(l2osr_model_tensor_count(copy), L2OSR__MAX_TENSORS);
    for (size_t i = 0; i < l2osr_model_tensor_count(model); i++)
        ck_assert_str_eq(l2osr_model_tensor(copy, i)->name, l2osr_model_tensor(model, i)->name);
    ck_assert_uint_eq(l2osr_model_state(copy), l2osr_model_state(model));
    ck_assert_uint_eq(copy->id, model->id);
    ck_assert_int_eq(copy->net.shape.output, model->net.shape.output);
    l2osr_model_free(copy);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

/* A file with the right lengths and checksum, whatever it says. */
static void write_crafted(const char *path, const char *description, size_t weights) {
    static unsigned char bytes[8192];
    const size_t length = strlen(description), size = 32 + length + 8 * weights;
    memset(bytes, 0, sizeof bytes);
    memcpy(bytes, L2OSR__MAGIC, 8);
    l2osr__bytes_put(bytes + 8, 2, 4);
    l2osr__bytes_put(bytes + 12, L2OSR__FILE_MODEL, 4);
    l2osr__bytes_put(bytes + 16, length, 8);
    l2osr__bytes_put(bytes + 24, weights, 8);
    memcpy(bytes + 32, description, length);
    l2osr__bytes_put(bytes + size, crc32_z(0, bytes, size), 4);
    write_file(path, bytes, size + 4);
}

#define LINES(inputs, pre, hidden, output, groups)                                                 \
    "preset rp_s\ninputs " inputs "\npre " pre "\nhidden " hidden "\noutput " output               \
    "\ngroups " groups "\n"

START_TEST(descriptions_that_make_no_sense_are_refused) {
    static const struct {
        const char *description, *message;
    } cases[] = {
        {"", "expected preset"},
        {"preset \n", "expected a name"},
        {LINES("g", "0", "2", "soft", "0"), "expected tanh, linear or scaled_tanh at 'soft'"},
        {LINES("mt", "0", "2", "tanh", "0"), "no definition of feature 'mt'"},
        {LINES("g", "0", "0", "tanh", "0"), "0 units"},
        {LINES("g", "0", "1 1 1 1", "tanh", "0"), "fewer layers"},
        {LINES("g", "0", "999999", "tanh", "0"), "999999 units"},
        {LINES("g", "99999999999999999999999", "2", "tanh", "0"), "a smaller number"},
        {LINES("g", "0", "2", "tanh", "999999"), "999999 groups"},
        {LINES("g", "0", "2", "tanh", "-1"), "expected a number at '-1'"},
        {LINES("g", "0", "2", "tanh", "0") "let a = h\n", "line 1, column 9: unknown name 'h'"},
        {LINES("g", "0", "2", "tanh", "0") "update = g\n", "expected 'let'"},
        {LINES("a", "0", "2", "tanh", "0") "let a = x\n", "not x"},
        {LINES("g", "0", "2", "tanh", "0"), "1 weights, but the model described has 43"},
    };
    l2osr_context *ctx = test_context();
    char path[300];
    test_tmp_path(path, sizeof path, "crafted.model");
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        l2osr_model *model;
        write_crafted(path, cases[i].description, 1);
        ck_assert_int_eq(l2osr_model_load(&model, ctx, path), L2OSR_EFORMAT);
        ck_assert_ptr_null(model);
        ck_assert_msg(strstr(l2osr_context_errmsg(ctx), cases[i].message) != NULL,
                      "'%s' not in '%s'", cases[i].message, l2osr_context_errmsg(ctx));
        ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), path));
    }
    l2osr_model *model;
    write_crafted(path, LINES("g a", "0", "2", "tanh", "0") "let a = g[1]\n", 51);
    ck_ok(l2osr_model_load(&model, ctx, path), ctx);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

/* Checksums do not keep out what somebody means to be damaged. */
START_TEST(altered_descriptions_with_a_checksum_are_survived) {
    static const char letters[] = "0123456789 \ngtmx()[]+*^,.=~{}_letabs";
    l2osr_context *ctx = test_context();
    l2osr_model *model = make(ctx, &odd[ODD - 1]);
    l2osr__text text = {.ctx = ctx};
    char path[300], *description, changed[1024];
    size_t loaded = 0;
    test_tmp_path(path, sizeof path, "altered.model");
    l2osr__architecture_write(&model->architecture, &text);
    ck_ok(l2osr__text_take(&text, &description), ctx);
    const size_t length = strlen(description);
    ck_assert_uint_lt(length, sizeof changed);
    for (uint64_t round = 0; round < 2000; round++) {
        double random[6];
        l2osr_model *copy;
        l2osr_random_normal(11, round, 0, 1, random, 6);
        memcpy(changed, description, length + 1);
        for (int i = 0; i < 6; i += 2) {
            const size_t at = (size_t)(fabs(random[i]) * 1e6) % length;
            changed[at] = letters[(size_t)(fabs(random[i + 1]) * 1e6) % (sizeof letters - 1)];
            if (round % 3 > 0)
                break;
        }
        write_crafted(path, changed, l2osr_model_size(model));
        const l2osr_status status = l2osr_model_load(&copy, ctx, path);
        ck_assert(status == L2OSR_OK || status == L2OSR_EFORMAT);
        ck_assert((copy != NULL) == (status == L2OSR_OK));
        loaded += status == L2OSR_OK;
        l2osr_model_free(copy);
    }
    ck_assert_uint_gt(loaded, 0); /* other decays are other models */
    ck_assert_uint_lt(loaded, 1500);
    l2osr__free(ctx, description);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(files_of_version_1_are_recognised) {
    unsigned char bytes[64] = {0};
    l2osr_context *ctx = test_context();
    l2osr_model *model;
    char path[300];
    test_tmp_path(path, sizeof path, "old.model");
    memcpy(bytes, L2OSR__MAGIC, 8);
    bytes[8] = 1;
    bytes[12] = L2OSR__FILE_MODEL;
    write_file(path, bytes, sizeof bytes);
    ck_assert_int_eq(l2osr_model_load(&model, ctx, path), L2OSR_EFORMAT);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "version 1;"));
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(every_truncation_and_every_changed_byte_is_noticed) {
    static unsigned char bytes[8192], changed[8192];
    static const size_t one = 1;
    l2osr_context *ctx = test_context();
    const l2osr_model_options small = {
        .struct_size = sizeof small, .pre = 1, .hidden = &one, .n_hidden = 1, .groups = 2};
    l2osr_model *model = make(ctx, &small), *copy;
    char path[300];
    test_tmp_path(path, sizeof path, "m.model");
    ck_ok(l2osr_model_save(model, path), ctx);
    size_t size = read_file(path, bytes, sizeof bytes);
    for (size_t cut = 0; cut < size; cut++) {
        write_file(path, bytes, cut);
        ck_assert_int_eq(l2osr_model_load(&copy, ctx, path), L2OSR_EFORMAT);
        ck_assert_ptr_null(copy);
        ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), path));
    }
    for (size_t at = 0; at < size; at++) {
        memcpy(changed, bytes, size);
        changed[at] ^= (unsigned char)(1u << at % 8);
        write_file(path, changed, size);
        ck_assert_int_eq(l2osr_model_load(&copy, ctx, path), L2OSR_EFORMAT);
        ck_assert_ptr_null(copy);
    }
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

START_TEST(wrong_use_is_explained) {
    l2osr_context *ctx = test_context();
    l2osr_model_options o = L2OSR_MODEL_OPTIONS_INIT;
    l2osr_model *model;
    o.preset = "rp_x";
    ck_assert_int_eq(l2osr_model_create(&model, ctx, &o), L2OSR_ENOTFOUND);
    ck_assert_ptr_nonnull(strstr(l2osr_context_errmsg(ctx), "rp_s"));
    ck_ok(l2osr_model_create(&model, ctx, NULL), ctx);
    double *weights = calloc(l2osr_model_size(model), sizeof *weights);
    const double before = l2osr_model_weights(model)[0];
    weights[7] = 0.0 / weights[8];
    ck_assert_int_eq(l2osr_model_set_weights(model, weights), L2OSR_ENONFINITE);
    ck_assert_double_eq(l2osr_model_weights(model)[0], before);
    ck_assert_int_eq(l2osr_model_save(model, "/dev/null/m.model"), L2OSR_EIO);
    free(weights);
    l2osr_model_free(model);
    l2osr_context_free(ctx);
}
END_TEST

static l2osr_status make_save_load_step(l2osr_context *ctx) {
    char path[300];
    l2osr_model *model, *copy = NULL;
    l2osr_stepper *stepper = NULL;
    const size_t n = 100;
    test_tmp_path(path, sizeof path, "memory.model");
    l2osr_status status = l2osr_model_create(&model, ctx, &odd[ODD - 1]);
    if (status == L2OSR_OK)
        status = l2osr_model_save(model, path);
    if (status == L2OSR_OK)
        status = l2osr_model_load(&copy, ctx, path);
    if (status == L2OSR_OK)
        status = l2osr_stepper_create_model(&stepper, ctx, copy, 1, &n, NULL);
    l2osr_stepper_free(stepper);
    l2osr_model_free(copy);
    l2osr_model_free(model);
    return status;
}

START_TEST(failing_allocations_leave_nothing_behind) {
    sweep_failures(make_save_load_step);
}
END_TEST

Suite *file_suite(void) {
    Suite *suite = suite_create("model files");
    TCase *tests = tcase_create("model files");
    tcase_add_loop_test(tests, a_saved_model_is_the_same_model, 0, ODD);
    tcase_add_test(tests, descriptions_that_make_no_sense_are_refused);
    tcase_add_test(tests, altered_descriptions_with_a_checksum_are_survived);
    tcase_add_test(tests, files_of_version_1_are_recognised);
    tcase_add_test(tests, every_truncation_and_every_changed_byte_is_noticed);
    tcase_add_test(tests, wrong_use_is_explained);
    tcase_add_test(tests, failing_allocations_leave_nothing_behind);
    suite_add_tcase(suite, tests);
    return suite;
}
