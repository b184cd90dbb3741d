/* SPDX-License-Identifier: MIT */
#ifndef TESTS_ANALYSIS_SUITES_H
#define TESTS_ANALYSIS_SUITES_H

#include <check.h>

Suite *complexity_suite(void);
Suite *field_suite(void);
Suite *mapping_suite(void);
Suite *prediction_suite(void);
Suite *sweep_suite(void);

#endif
