/* SPDX-License-Identifier: MIT */
#ifndef TESTS_TUNE_SUITES_H
#define TESTS_TUNE_SUITES_H

#include <check.h>

Suite *params_suite(void);
Suite *gradient_suite(void);
Suite *tuner_suite(void);
Suite *kinds_suite(void);
Suite *pruning_suite(void);
Suite *ends_suite(void);
Suite *exact_suite(void);
Suite *failure_suite(void);
Suite *family_suite(void);
Suite *compare_suite(void);

#endif
