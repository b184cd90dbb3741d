/* SPDX-License-Identifier: MIT */
#include "suites.h"
#include "support.h"

int main(void) {
    Suite *const suites[] = {prediction_suite(), mapping_suite(), field_suite(), sweep_suite(),
                             complexity_suite()};
    return test_main(suites, sizeof suites / sizeof suites[0]);
}
