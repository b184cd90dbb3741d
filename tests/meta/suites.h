/* SPDX-License-Identifier: MIT */
#ifndef TESTS_META_SUITES_H
#define TESTS_META_SUITES_H

#include <check.h>

Suite *gradient_suite(void);
Suite *exact_suite(void);
Suite *es_suite(void);
Suite *training_suite(void);
Suite *evaluation_suite(void);

#endif
