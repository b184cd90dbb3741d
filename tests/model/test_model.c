/* SPDX-License-Identifier: MIT */
#include "suites.h"
#include "support.h"

int main(void) {
    Suite *const suites[] = {network_suite(), golden_suite(), file_suite()};
    return test_main(suites, 3);
}
