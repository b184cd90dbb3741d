/* SPDX-License-Identifier: MIT */
/** @file status.h Status codes: 0 is success, errors are negative and never renumbered. */
#ifndef L2OSR_STATUS_H
#define L2OSR_STATUS_H

#include "l2osr/export.h"

/** Every status: X(name, number, text). One list makes the enum, the names and the texts. */
#define L2OSR_STATUS_LIST(X)                                                                       \
    X(OK, 0, "success")                                                                            \
    X(EINVAL, -1, "invalid argument")                                                              \
    X(ENOMEM, -2, "out of memory")                                                                 \
    X(EIO, -3, "file could not be read or written")                                                \
    X(EFORMAT, -4, "malformed file")                                                               \
    X(EPARSE, -5, "syntax error in a rule or an expression")                                       \
    X(ERANGE, -6, "value out of range")                                                            \
    X(ENONFINITE, -7, "a value is NaN or infinite")                                                \
    X(ECANCELED, -8, "canceled")                                                                   \
    X(ECALLBACK, -9, "a callback returned an error")                                               \
    X(EUNSUPPORTED, -10, "not supported")                                                          \
    X(E2BIG, -11, "options structure is newer than this library")                                  \
    X(ESTATE, -12, "call out of order")                                                            \
    X(ENOTFOUND, -13, "no such name or file")

/** What every fallible function returns. */
typedef enum l2osr_status {
#define L2OSR_STATUS_ENTRY(name, number, text) L2OSR_##name = (number),
    L2OSR_STATUS_LIST(L2OSR_STATUS_ENTRY)
#undef L2OSR_STATUS_ENTRY
} l2osr_status;

L2OSR_BEGIN_DECLS

/**
 * Text of a status, such as "out of memory"; "unknown status" for a number not in the list.
 * Static storage; any thread. The detail of a failure is in l2osr_context_errmsg().
 */
L2OSR_API const char *l2osr_strerror(l2osr_status status);

/** Name of a status, such as "L2OSR_ENOMEM". Static storage; any thread. */
L2OSR_API const char *l2osr_status_name(l2osr_status status);

L2OSR_END_DECLS

#endif
