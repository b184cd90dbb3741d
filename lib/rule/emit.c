/* SPDX-License-Identifier: MIT */
/* A rule in other languages: the calls. */
#include "rule/emit.h"

#include <string.h>

#include "base/file.h"

void l2osr_emit_options_init(l2osr_emit_options *o, size_t size) {
    l2osr__options_init(o, size);
    o->precision = L2OSR_F32;
}

static l2osr_status (*const writers[])(const l2osr__emitter *e) = {
    [L2OSR_LANGUAGE_C] = l2osr__emit_c,         [L2OSR_LANGUAGE_CUDA] = l2osr__emit_cuda,
    [L2OSR_LANGUAGE_TORCH] = l2osr__emit_torch, [L2OSR_LANGUAGE_LATEX] = l2osr__emit_latex,
    [L2OSR_LANGUAGE_SYMPY] = l2osr__emit_sympy,
};

enum { LANGUAGES = sizeof writers / sizeof writers[0] };

static bool is_identifier(const char *name) {
    static const char digits[] = "0123456789";
    static const char all[] = "0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_";
    return name[0] != '\0' && !strchr(digits, name[0]) && name[strspn(name, all)] == '\0';
}

/* Checks the options and writes the whole text. */
static l2osr_status write(const l2osr_rule *rule, l2osr_language language,
                          const l2osr_emit_options *options, char **out) {
    l2osr_emit_options o;
    l2osr__text text = {.ctx = rule->ctx};
    L2OSR__TRY(l2osr__options_copy(rule->ctx, &o, sizeof o, options, "emit options"));
    if (language < L2OSR_LANGUAGE_C || (size_t)language >= LANGUAGES)
        return l2osr__fail(rule->ctx, L2OSR_EINVAL, "emit: unknown language %d", (int)language);
    if (o.name && !is_identifier(o.name))
        return l2osr__fail(rule->ctx, L2OSR_EINVAL,
                           "emit: '%s' is not a C identifier (letters, digits and _)", o.name);
    if (o.precision != 0 && o.precision != L2OSR_F32 && o.precision != L2OSR_F64)
        return l2osr__fail(rule->ctx, L2OSR_EINVAL,
                           "emit: precision must be L2OSR_F32 or L2OSR_F64");
    const l2osr__emitter e = {&text, rule, o.name ? o.name : "rule", o.precision == L2OSR_F64};
    const l2osr_status status = writers[language](&e);
    if (status == L2OSR_OK)
        return l2osr__text_take(&text, out);
    l2osr__text_drop(&text);
    return status;
}

l2osr_status l2osr_rule_emit(const l2osr_rule *rule, l2osr_language language,
                             const l2osr_emit_options *options, char *buffer, size_t size,
                             size_t *needed) {
    char *text;
    if (!rule)
        return L2OSR_EINVAL;
    if (!buffer && !needed)
        return l2osr__fail(rule->ctx, L2OSR_EINVAL,
                           "emit: neither a buffer nor a place for the "
                           "length");
    if (buffer && size > 0)
        buffer[0] = '\0';
    L2OSR__TRY(write(rule, language, options, &text));
    const size_t length = strlen(text);
    const bool fits = length < size;
    if (needed)
        *needed = length;
    if (buffer && fits)
        memcpy(buffer, text, length + 1);
    l2osr__free(rule->ctx, text);
    return !buffer || fits
               ? L2OSR_OK
               : l2osr__fail(rule->ctx, L2OSR_ERANGE,
                             "emit: the text has %zu bytes, the buffer %zu", length + 1, size);
}

l2osr_status l2osr_rule_emit_save(const l2osr_rule *rule, l2osr_language language,
                                  const l2osr_emit_options *options, const char *path) {
    char *text;
    l2osr__writer writer;
    if (!rule)
        return L2OSR_EINVAL;
    if (!path)
        return l2osr__fail(rule->ctx, L2OSR_EINVAL, "emit: path is NULL");
    L2OSR__TRY(write(rule, language, options, &text));
    l2osr_status status = l2osr__writer_open(&writer, rule->ctx, path);
    if (status == L2OSR_OK) {
        fputs(text, writer.stream);
        status = l2osr__writer_commit(&writer);
    }
    l2osr__free(rule->ctx, text);
    return status;
}
