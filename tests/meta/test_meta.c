/* SPDX-License-Identifier: MIT */
#include "suites.h"
#include "support.h"

int main(void) {
    Suite *const suites[] = {gradient_suite(),   exact_suite(),      es_suite(),
                             training_suite(),   lessons_suite(),    ends_suite(),
                             comparison_suite(), curriculum_suite(), unroll_suite(),
                             resume_suite(),     evaluation_suite(), estimators_suite(),
                             learner_suite()};
    return test_main(suites, sizeof suites / sizeof suites[0]);
}
