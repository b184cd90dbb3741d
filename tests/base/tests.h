/* SPDX-License-Identifier: MIT */
/** @file tests.h The test cases of the base room. */
#ifndef TESTS_BASE_TESTS_H
#define TESTS_BASE_TESTS_H

#include "support.h"

TCase *status_tests(void);
TCase *options_tests(void);
TCase *context_tests(void);
TCase *progress_tests(void);
TCase *rng_tests(void);
TCase *loop_tests(void);
TCase *file_tests(void);
TCase *text_tests(void);

#endif
