/* SPDX-License-Identifier: MIT */
#include "tests.h"

int main(void) {
    Suite *suite = suite_create("base");
    suite_add_tcase(suite, status_tests());
    suite_add_tcase(suite, options_tests());
    suite_add_tcase(suite, context_tests());
    suite_add_tcase(suite, progress_tests());
    suite_add_tcase(suite, rng_tests());
    suite_add_tcase(suite, loop_tests());
    suite_add_tcase(suite, file_tests());
    suite_add_tcase(suite, text_tests());
    return test_main(&suite, 1);
}
