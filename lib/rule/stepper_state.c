/* SPDX-License-Identifier: MIT */
/* Saving and loading the state of a stepper. */
#include <string.h>

#include "rule/stepper.h"

static const uint32_t state_magic = 0x32534c4c; /* "LLS2" */

/* In front of the cells and planes of a saved state. */
typedef struct state_header {
    uint32_t magic, engine_id, precision, reserved;
    uint64_t size, planes, groups, cells, count;
} state_header;

static state_header header_of(const l2osr_stepper *s) {
    return (state_header){.magic = state_magic,
                          .engine_id = s->engine.id,
                          .precision = (uint32_t)s->precision,
                          .size = s->size,
                          .planes = s->engine.planes,
                          .groups = s->engine.cells > 0 ? s->groups : 0,
                          .cells = s->engine.cells,
                          .count = s->count};
}

size_t l2osr_stepper_state_size(const l2osr_stepper *s) {
    return sizeof(state_header) + l2osr__stepper_cells_bytes(s) + l2osr__stepper_planes_bytes(s);
}

l2osr_status l2osr_stepper_state_save(const l2osr_stepper *s, void *buffer, size_t size) {
    const state_header header = header_of(s);
    unsigned char *bytes = buffer;
    if (s->open)
        return l2osr__fail(s->ctx, L2OSR_ESTATE, "stepper: cannot save inside a step");
    if (!buffer || size < l2osr_stepper_state_size(s))
        return l2osr__fail(s->ctx, L2OSR_EINVAL, "stepper: state needs %zu bytes",
                           l2osr_stepper_state_size(s));
    memcpy(bytes, &header, sizeof header);
    memcpy(bytes + sizeof header, s->cells, l2osr__stepper_cells_bytes(s));
    memcpy(bytes + sizeof header + l2osr__stepper_cells_bytes(s), s->state,
           l2osr__stepper_planes_bytes(s));
    return L2OSR_OK;
}

l2osr_status l2osr_stepper_state_load(l2osr_stepper *s, const void *buffer, size_t size) {
    const unsigned char *bytes = buffer;
    state_header header, expected = header_of(s);
    if (s->open)
        return l2osr__fail(s->ctx, L2OSR_ESTATE, "stepper: cannot load inside a step");
    if (!buffer || size != l2osr_stepper_state_size(s))
        return l2osr__fail(s->ctx, L2OSR_EFORMAT, "stepper: a state of %zu bytes was expected",
                           l2osr_stepper_state_size(s));
    memcpy(&header, buffer, sizeof header);
    expected.count = header.count;
    if (memcmp(&header, &expected, sizeof header) != 0)
        return l2osr__fail(s->ctx, L2OSR_EFORMAT,
                           "stepper: not a state of this rule, size and precision");
    memcpy(s->cells, bytes + sizeof header, l2osr__stepper_cells_bytes(s));
    memcpy(s->state, bytes + sizeof header + l2osr__stepper_cells_bytes(s),
           l2osr__stepper_planes_bytes(s));
    s->count = header.count;
    return L2OSR_OK;
}
