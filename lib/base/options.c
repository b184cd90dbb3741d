/* SPDX-License-Identifier: MIT */
#include <string.h>

#include "base/context_private.h"

/* No structure comes near this: a larger size is one that was never set. */
static const size_t LARGEST_OPTIONS = 4096;

void l2osr__options_init(void *options, size_t size) {
    memset(options, 0, size);
    memcpy(options, &size, sizeof size);
}

l2osr_status l2osr__options_copy_quietly(void *out, size_t size, const void *options) {
    size_t given = 0;
    l2osr__options_init(out, size);
    if (!options)
        return L2OSR_OK;
    memcpy(&given, options, sizeof given);
    if (given < sizeof given || given > LARGEST_OPTIONS)
        return L2OSR_EINVAL;
    for (size_t i = size; i < given; i++)
        if (((const unsigned char *)options)[i] != 0)
            return L2OSR_E2BIG;
    memcpy(out, options, given < size ? given : size);
    memcpy(out, &size, sizeof size);
    return L2OSR_OK;
}

l2osr_status l2osr__options_copy(l2osr_context *ctx, void *out, size_t size, const void *options,
                                 const char *name) {
    l2osr_status status = l2osr__options_copy_quietly(out, size, options);
    if (status == L2OSR_EINVAL)
        return l2osr__fail(ctx, status, "%s: struct_size is not set; use the _INIT macro", name);
    if (status == L2OSR_E2BIG)
        return l2osr__fail(ctx, status, "%s: a member is set that this library does not know",
                           name);
    return status;
}
