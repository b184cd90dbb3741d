/* SPDX-License-Identifier: MIT */
#include "suites.h"
#include "support.h"

int main(void) {
    Suite *const suites[] = {params_suite(), gradient_suite(), exact_suite(), tuner_suite(),
                             kinds_suite(),  pruning_suite(),  ends_suite(),  failure_suite(),
                             family_suite(), compare_suite()};
    return test_main(suites, sizeof suites / sizeof *suites);
}
