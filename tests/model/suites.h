/* SPDX-License-Identifier: MIT */
#ifndef TESTS_MODEL_SUITES_H
#define TESTS_MODEL_SUITES_H

#include <check.h>

Suite *network_suite(void);
Suite *golden_suite(void);
Suite *features_suite(void);
Suite *architecture_suite(void);
Suite *file_suite(void);
Suite *npz_suite(void);

#endif
