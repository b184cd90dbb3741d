/* SPDX-License-Identifier: MIT */
/** @file zip.h The records of zip archives, after PKWARE's APPNOTE. */
#ifndef L2OSR_DATA_ZIP_H
#define L2OSR_DATA_ZIP_H

/** Signatures: of an array's header, of its entry in the directory, and of the end. */
#define L2OSR__ZIP_LOCAL 0x04034b50u
#define L2OSR__ZIP_ENTRY 0x02014b50u
#define L2OSR__ZIP_END   0x06054b50u

/** Sizes of the records without what varies, and the ways of packing. */
enum {
    L2OSR__ZIP_LOCAL_BYTES = 30,
    L2OSR__ZIP_ENTRY_BYTES = 46,
    L2OSR__ZIP_END_BYTES = 22,
    L2OSR__ZIP_STORED = 0,
    L2OSR__ZIP_DEFLATED = 8
};

#endif
