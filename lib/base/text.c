/* SPDX-License-Identifier: MIT */
#include "base/text.h"

#include <stdio.h>
#include <string.h>
#include <zlib.h>

#include "base/number.h"

static bool reserve(l2osr__text *text, size_t more) {
    if (text->failed || text->length + more < text->capacity)
        return !text->failed;
    size_t capacity = 2 * (text->length + more) + 64;
    char *bytes = l2osr__alloc(text->ctx, capacity, 1);
    if (!bytes) {
        text->failed = true;
        return false;
    }
    if (text->length > 0)
        memcpy(bytes, text->bytes, text->length);
    l2osr__free(text->ctx, text->bytes);
    text->bytes = bytes;
    text->capacity = capacity;
    return true;
}

void l2osr__text_add(l2osr__text *text, const char *format, ...) {
    va_list arguments;
    va_start(arguments, format);
    int length = vsnprintf(NULL, 0, format, arguments);
    va_end(arguments);
    text->failed |= length < 0;
    if (!reserve(text, (size_t)length + 1))
        return;
    va_start(arguments, format);
    vsnprintf(text->bytes + text->length, (size_t)length + 1, format, arguments);
    va_end(arguments);
    text->length += (size_t)length;
}

void l2osr__text_add_number(l2osr__text *text, double value) {
    char digits[L2OSR__NUMBER_SIZE];
    l2osr__format_double(digits, sizeof digits, value);
    l2osr__text_add(text, "%s", digits);
}

void l2osr__text_add_value(l2osr__text *text, const char *name, double value) {
    l2osr__text_add(text, "%s ", name);
    l2osr__text_add_number(text, value);
    l2osr__text_add(text, "\n");
}

void l2osr__text_add_checksum(l2osr__text *text, const char *name, const char *content) {
    const unsigned long crc = crc32_z(0, (const unsigned char *)content, strlen(content));
    l2osr__text_add(text, "%s CRC-32 %08lx\n", name, crc);
}

l2osr_status l2osr__text_take(l2osr__text *text, char **out) {
    if (!reserve(text, 1)) {
        l2osr__text_drop(text);
        *out = NULL;
        return l2osr__fail(text->ctx, L2OSR_ENOMEM, "out of memory while writing text");
    }
    *out = text->bytes;
    *text = (l2osr__text){.ctx = text->ctx};
    return L2OSR_OK;
}

void l2osr__text_drop(l2osr__text *text) {
    l2osr__free(text->ctx, text->bytes);
    *text = (l2osr__text){.ctx = text->ctx};
}
