/* SPDX-License-Identifier: MIT */
#include "laws.h"

int main(void) {
    Suite *suite = suite_create("laws");
    suite_add_tcase(suite, text_laws());
    suite_add_tcase(suite, engine_laws());
    suite_add_tcase(suite, simplify_laws());
    suite_add_tcase(suite, gradient_laws());
    suite_add_tcase(suite, invariance_laws());
    suite_add_tcase(suite, reshape_laws());
    return test_main(&suite, 1);
}
