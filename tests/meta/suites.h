/* SPDX-License-Identifier: MIT */
#ifndef TESTS_META_SUITES_H
#define TESTS_META_SUITES_H

#include <check.h>

Suite *comparison_suite(void);
Suite *curriculum_suite(void);
Suite *ends_suite(void);
Suite *gradient_suite(void);
Suite *exact_suite(void);
Suite *es_suite(void);
Suite *estimators_suite(void);
Suite *learner_suite(void);
Suite *lessons_suite(void);
Suite *resume_suite(void);
Suite *training_suite(void);
Suite *evaluation_suite(void);
Suite *unroll_suite(void);

#endif
