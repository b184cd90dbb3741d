/* SPDX-License-Identifier: MIT */
#include "laws.h"

TCase *invariance_laws(void) {
    return tcase_create("invariance");
}
