/* SPDX-License-Identifier: MIT */
/** @file export.h Declaration macros shared by all public headers. */
#ifndef L2OSR_EXPORT_H
#define L2OSR_EXPORT_H

/** Marks a symbol as part of the public interface; everything else is hidden. */
#if defined(__GNUC__) || defined(__clang__)
#define L2OSR_API __attribute__((visibility("default")))
/** The result carries an error that must be looked at. */
#define L2OSR_NODISCARD __attribute__((warn_unused_result))
#else
#define L2OSR_API
#define L2OSR_NODISCARD
#endif

/** Opens a block of C declarations, for C++ as well. */
#ifdef __cplusplus
#define L2OSR_BEGIN_DECLS extern "C" {
#define L2OSR_END_DECLS   }
#else
#define L2OSR_BEGIN_DECLS
/** Closes it. */
#define L2OSR_END_DECLS
#endif

#endif
