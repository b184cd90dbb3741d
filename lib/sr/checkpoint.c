/* SPDX-License-Identifier: MIT */
/* The state of a search in a file, with what it must fit; specified in doc/formats.md. */
#include "base/bytes.h"
#include "base/snapshot.h"
#include "sr/state.h"

static const l2osr__snapshot_kind kind = {
    .kind = L2OSR__FILE_CHECKPOINT,
    .version = 1,
    .work = "search",
    .common = "samples, seed and most options",
};

l2osr_status l2osr__checkpoint_write(const l2osr_sr *sr, const char *path,
                                     const l2osr__state *state) {
    char *description;
    L2OSR__TRY(l2osr__sr_describe(sr, &description));
    l2osr_status status =
        l2osr__snapshot_write(sr->ctx, path, &kind, description, state->bytes, state->size);
    l2osr__free(sr->ctx, description);
    return status;
}

l2osr_status l2osr_sr_save(const l2osr_sr *sr, const char *path) {
    l2osr__state state = {0};
    if (!sr)
        return L2OSR_EINVAL;
    if (!path)
        return l2osr__fail(sr->ctx, L2OSR_EINVAL, "checkpoint: path is NULL");
    L2OSR__TRY(l2osr__state_take(&state, sr));
    l2osr_status status = l2osr__checkpoint_write(sr, path, &state);
    l2osr__free(sr->ctx, state.bytes);
    return status;
}

static l2osr_status check(const l2osr__snapshot *s, l2osr_sr *sr) {
    char *ours;
    size_t at;
    L2OSR__TRY(l2osr__sr_describe(sr, &ours));
    l2osr_status status = l2osr__snapshot_compare(s, &kind, ours);
    l2osr__free(sr->ctx, ours);
    L2OSR__TRY(status);
    const char *wrong = l2osr__state_check(sr, s->state, s->state_size, &at);
    return wrong ? l2osr__snapshot_damaged(s, at, wrong) : L2OSR_OK;
}

l2osr_status l2osr_sr_load(l2osr_sr *sr, const char *path) {
    l2osr__snapshot s;
    if (!sr)
        return L2OSR_EINVAL;
    if (!path)
        return l2osr__fail(sr->ctx, L2OSR_EINVAL, "checkpoint: path is NULL");
    l2osr_status status = l2osr__snapshot_read(&s, sr->ctx, path, &kind);
    if (status == L2OSR_OK)
        status = check(&s, sr);
    if (status == L2OSR_OK) {
        l2osr__state_restore(sr, s.state, s.state_size);
        sr->resumed = true;
    }
    l2osr__snapshot_close(&s);
    return status;
}
