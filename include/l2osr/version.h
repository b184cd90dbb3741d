/* SPDX-License-Identifier: MIT */
/** @file version.h The one place where the version of the library and of its ABI is written down.
 */
#ifndef L2OSR_VERSION_H
#define L2OSR_VERSION_H

#include "l2osr/export.h"

/** Product version, semantic: see doc/abi.md. The build system reads these lines. */
#define L2OSR_VERSION_MAJOR 0
#define L2OSR_VERSION_MINOR 1 /**< See #L2OSR_VERSION_MAJOR. */
#define L2OSR_VERSION_PATCH 0 /**< See #L2OSR_VERSION_MAJOR. */

/** ABI number: becomes the soname. It changes only when an existing program would break. */
#define L2OSR_ABI_VERSION 0

L2OSR_BEGIN_DECLS

/** Version of the library that is running, such as "0.1.0". Static storage; any thread. */
L2OSR_API const char *l2osr_version(void);

/** ABI number of the library that is running; compare with #L2OSR_ABI_VERSION. Any thread. */
L2OSR_API int l2osr_abi_version(void);

L2OSR_END_DECLS

#endif
