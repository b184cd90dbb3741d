/* SPDX-License-Identifier: MIT */
#include "tests.h"

int main(void) {
    Suite *suite = suite_create("expr");
    suite_add_tcase(suite, error_tests());
    suite_add_tcase(suite, function_tests());
    suite_add_tcase(suite, malformed_tests());
    suite_add_tcase(suite, op_tests());
    suite_add_tcase(suite, program_tests());
    suite_add_tcase(suite, reverse_tests());
    suite_add_tcase(suite, text_tests());
    suite_add_tcase(suite, walk_tests());
    Suite *const suites[] = {suite, tape_suite()};
    return test_main(suites, 2);
}
