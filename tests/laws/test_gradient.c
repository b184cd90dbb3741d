/* SPDX-License-Identifier: MIT */
#include "laws.h"

TCase *gradient_laws(void) {
    return tcase_create("gradient");
}
