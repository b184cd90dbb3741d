/* SPDX-License-Identifier: MIT */
#include "suites.h"
#include "support.h"

int main(void) {
    Suite *const suites[] = {network_suite(),      golden_suite(), features_suite(),
                             architecture_suite(), file_suite(),   npz_suite()};
    return test_main(suites, sizeof suites / sizeof suites[0]);
}
