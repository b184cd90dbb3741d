/* SPDX-License-Identifier: MIT */
#include "meter.h"

#include <stdlib.h>

static void *meter_alloc(size_t size, size_t align, void *user) {
    struct meter *m = user;
    void *memory;
    if (posix_memalign(&memory, align, size) != 0)
        return NULL;
    m->live += size;
    m->peak = m->live > m->peak ? m->live : m->peak;
    return memory;
}

static void meter_free(void *memory, size_t size, void *user) {
    struct meter *m = user;
    m->live -= size;
    free(memory);
}

struct l2osr_allocator meter_hooks(struct meter *meter) {
    return (struct l2osr_allocator){sizeof(struct l2osr_allocator), meter_alloc, meter_free, meter};
}
