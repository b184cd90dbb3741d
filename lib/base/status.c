/* SPDX-License-Identifier: MIT */
#include "l2osr/status.h"
#include "l2osr/version.h"

#define TEXT2(x) #x
#define TEXT(x)  TEXT2(x)

const char *l2osr_strerror(l2osr_status status) {
    switch (status) {
#define L2OSR_STATUS_ENTRY(name, number, text)                                                     \
    case L2OSR_##name:                                                                             \
        return text;
        L2OSR_STATUS_LIST(L2OSR_STATUS_ENTRY)
#undef L2OSR_STATUS_ENTRY
    }
    return "unknown status";
}

const char *l2osr_status_name(l2osr_status status) {
    switch (status) {
#define L2OSR_STATUS_ENTRY(name, number, text)                                                     \
    case L2OSR_##name:                                                                             \
        return "L2OSR_" #name;
        L2OSR_STATUS_LIST(L2OSR_STATUS_ENTRY)
#undef L2OSR_STATUS_ENTRY
    }
    return "unknown status";
}

const char *l2osr_version(void) {
    return TEXT(L2OSR_VERSION_MAJOR) "." TEXT(L2OSR_VERSION_MINOR) "." TEXT(L2OSR_VERSION_PATCH);
}

int l2osr_abi_version(void) {
    return L2OSR_ABI_VERSION;
}
