/* SPDX-License-Identifier: MIT */
/** @file scalar.h The vector kernels' f64 functions for one number: the same bits as the kernels. */
#ifndef L2OSR_VEC_SCALAR_H
#define L2OSR_VEC_SCALAR_H

double l2osr__exp(double x);
double l2osr__log(double x);
double l2osr__tanh(double x);
double l2osr__power(double x, double y);

#endif
