/* SPDX-License-Identifier: MIT */
#include "laws.h"

TCase *simplify_laws(void) {
    return tcase_create("simplify");
}
