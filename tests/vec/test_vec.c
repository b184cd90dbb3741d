/* SPDX-License-Identifier: MIT */
#include "tests.h"

#include <math.h>
#include <string.h>

#include "base/rng.h"

#define X(NAME, name) #name,
const char *const unary_names[L2OSR__UNARY_COUNT] = {L2OSR__UNARY_LIST(X)};
const char *const binary_names[L2OSR__BINARY_COUNT] = {L2OSR__BINARY_LIST(X)};
#undef X

l2osr_context *level_context(l2osr_isa isa) {
    l2osr_context_options o = L2OSR_CONTEXT_OPTIONS_INIT;
    l2osr_context *ctx;
    o.threads = 1;
    o.isa = isa;
    l2osr_status status = l2osr_context_create(&ctx, &o);
    ck_assert(status == L2OSR_OK || status == L2OSR_EUNSUPPORTED);
    return ctx;
}

static const double remarkable[] = {
    0.0,    -0.0,  1.0,    -1.0,   0.5,      -0.5,      2.0,      -2.0,     3.0,       -3.0,
    1e-8,   -1e-8, 1e-30,  -1e-30, 1e-40,    -1e-40,    1e-310,   -1e-310,  5e-324,    20.0,
    -20.0,  88.7,  -103.9, 709.7,  -745.1,   1e10,      -1e10,    3e38,     -3e38,     1e300,
    -1e300, NAN,   28.0,   -28.0,  INFINITY, -INFINITY, 0.693147, 1.414214, 0.7071068, -0.7071068};

void fill_mixed_f64(double *out, uint64_t seed) {
    const size_t known = sizeof remarkable / sizeof remarkable[0];
    l2osr__rng rng;
    l2osr__rng_init(&rng, seed, 0);
    for (size_t i = 0; i < MIXED_COUNT; i++) {
        uint64_t bits = l2osr__rng_u64(&rng);
        double any,
            moderate = ldexp(l2osr__rng_uniform(&rng) - 0.5, (int)l2osr__rng_below(&rng, 16) - 6);
        memcpy(&any, &bits, sizeof any);
        bool pick = i < known || i % 7 == 0;
        out[i] = pick ? remarkable[(i + seed) % known] : i % 5 == 0 ? any : moderate;
    }
}

void fill_mixed_f32(float *out, uint64_t seed) {
    static double wide[MIXED_COUNT];
    fill_mixed_f64(wide, seed);
    for (size_t i = 0; i < MIXED_COUNT; i++)
        out[i] = (float)wide[i];
}

int main(void) {
    Suite *suite = suite_create("vec");
    suite_add_tcase(suite, accuracy_tests());
    suite_add_tcase(suite, bf16_tests());
    suite_add_tcase(suite, fused_tests());
    suite_add_tcase(suite, level_tests());
    suite_add_tcase(suite, panel_tests());
    suite_add_tcase(suite, random_tests());
    suite_add_tcase(suite, slope_tests());
    suite_add_tcase(suite, special_tests());
    suite_add_tcase(suite, sweep_tests());
    return test_main(&suite, 1);
}
