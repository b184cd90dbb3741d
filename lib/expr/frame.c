/* SPDX-License-Identifier: MIT */
#include "expr/frame.h"

#include <string.h>

#define T       float
#define F(name) name##_f32
#include "expr/frame.inc"
#undef T
#undef F

#define T       double
#define F(name) name##_f64
#include "expr/frame.inc"
