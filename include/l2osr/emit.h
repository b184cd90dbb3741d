/* SPDX-License-Identifier: MIT */
/**
 * @file emit.h
 * A rule as source text of another language, so that it runs where this library does not. What each
 * text offers and how exactly it agrees with a stepper is in doc/export.md.
 *
 * Thread-safety: as all functions that only read a rule, from any thread.
 */
#ifndef L2OSR_EMIT_H
#define L2OSR_EMIT_H

#include "l2osr/data.h"
#include "l2osr/rule.h"

L2OSR_BEGIN_DECLS

/** What a rule can be written as. */
typedef enum l2osr_language {
    L2OSR_LANGUAGE_C = 1,     /**< one C99 file that needs libm only; also valid C++ */
    L2OSR_LANGUAGE_CUDA = 2,  /**< one .cu file: kernels, and the host function that starts them */
    L2OSR_LANGUAGE_TORCH = 3, /**< a Python module with a torch.optim.Optimizer */
    L2OSR_LANGUAGE_LATEX = 4, /**< aligned equations: a line a `let`, then the update */
    L2OSR_LANGUAGE_SYMPY = 5  /**< a Python module of SymPy expressions */
} l2osr_language;

/** Options of l2osr_rule_emit(); zero means the default. */
struct l2osr_emit_options {
    size_t struct_size; /**< sizeof(struct l2osr_emit_options) */
    /**
     * A C identifier that the names of functions begin with; for torch, with a capital first
     * letter, that of the class. "rule" by default. LaTeX and SymPy have no use for it.
     */
    const char *name;
    l2osr_dtype precision; /**< of C and CUDA: #L2OSR_F32 (default) or #L2OSR_F64 */
};
typedef struct l2osr_emit_options l2osr_emit_options;

/** Static initialiser of #l2osr_emit_options. */
#define L2OSR_EMIT_OPTIONS_INIT                                                                    \
    { sizeof(struct l2osr_emit_options), 0, L2OSR_F32 }

/** Fills `o` with defaults. */
L2OSR_API void l2osr_emit_options_init(l2osr_emit_options *o, size_t size);

/**
 * Writes a rule in another language, the way snprintf() writes.
 * @param options NULL for all defaults
 * @param buffer  receives the text and a terminating zero; NULL when only the length is asked for
 * @param size    of the buffer in bytes
 * @param needed  receives the length without the terminating zero, also when the buffer is too
 *                small; NULL is allowed beside a buffer
 * @return #L2OSR_OK, #L2OSR_ERANGE when the buffer is too small (it then holds an empty text),
 * #L2OSR_EINVAL (language, name, precision), #L2OSR_EUNSUPPORTED with a message that says what the
 * language has no words for, #L2OSR_ENOMEM, #L2OSR_E2BIG
 */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_rule_emit(const l2osr_rule *rule,
                                                       l2osr_language language,
                                                       const l2osr_emit_options *options,
                                                       char *buffer, size_t size, size_t *needed);

/** The same into a file, atomically. Also #L2OSR_EIO. */
L2OSR_NODISCARD L2OSR_API l2osr_status l2osr_rule_emit_save(const l2osr_rule *rule,
                                                            l2osr_language language,
                                                            const l2osr_emit_options *options,
                                                            const char *path);

L2OSR_END_DECLS

#endif
