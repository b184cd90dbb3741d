/* SPDX-License-Identifier: MIT */
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>

/* Doubles the buffer, keeping its content. */
static l2osr_status grow(l2osr_context *ctx, char **buffer, size_t used, size_t *capacity) {
    char *larger;
    L2OSR__TRY(l2osr__alloc_to(ctx, &larger, *capacity * 2 + 1, 1));
    memcpy(larger, *buffer, used);
    l2osr__free(ctx, *buffer);
    *buffer = larger;
    *capacity *= 2;
    return L2OSR_OK;
}

/* A truncated stream shows either as an error or as a clean close with Z_BUF_ERROR. */
static l2osr_status read_stream(l2osr_context *ctx, const char *path, gzFile file, char **buffer,
                                size_t *used) {
    size_t capacity = 1 << 16;
    L2OSR__TRY(l2osr__alloc_to(ctx, buffer, capacity + 1, 1));
    for (;;) {
        if (*used == capacity)
            L2OSR__TRY(grow(ctx, buffer, *used, &capacity));
        size_t room = capacity - *used;
        int got = gzread(file, *buffer + *used, room > 1u << 30 ? 1u << 30 : (unsigned)room);
        if (got < 0 || (got == 0 && !gzeof(file))) {
            int code;
            const char *why = gzerror(file, &code);
            if (code == Z_ERRNO)
                return l2osr__fail(ctx, L2OSR_EIO, "%s: %s", path, strerror(errno));
            return l2osr__fail(ctx, L2OSR_EFORMAT, "%s: damaged gzip data (%s)", path, why);
        }
        if (got == 0)
            break;
        *used += (size_t)got;
    }
    int code;
    gzerror(file, &code);
    if (code == Z_BUF_ERROR)
        return l2osr__fail(ctx, L2OSR_EFORMAT, "%s: gzip data ends too early (truncated file?)",
                           path);
    (*buffer)[*used] = '\0';
    return L2OSR_OK;
}

l2osr_status l2osr__file_read(l2osr_context *ctx, const char *path, char **content, size_t *size) {
    struct stat info;
    *content = NULL;
    *size = 0;
    if (stat(path, &info) != 0)
        return l2osr__fail(ctx, errno == ENOENT ? L2OSR_ENOTFOUND : L2OSR_EIO, "%s: %s", path,
                           strerror(errno));
    if (!S_ISREG(info.st_mode))
        return l2osr__fail(ctx, L2OSR_EIO, "%s: not a regular file", path);
    gzFile file = gzopen(path, "rb");
    if (!file)
        return l2osr__fail(ctx, L2OSR_EIO, "%s: %s", path, strerror(errno));
    l2osr_status status = read_stream(ctx, path, file, content, size);
    gzclose(file);
    if (status != L2OSR_OK) {
        l2osr__free(ctx, *content);
        *content = NULL;
    }
    return status;
}

static void writer_release(l2osr__writer *writer) {
    l2osr__free(writer->ctx, writer->path);
    l2osr__free(writer->ctx, writer->temporary);
    writer->path = writer->temporary = NULL;
    writer->stream = NULL;
}

l2osr_status l2osr__writer_open(l2osr__writer *writer, l2osr_context *ctx, const char *path) {
    size_t room = strlen(path) + 16;
    memset(writer, 0, sizeof *writer);
    writer->ctx = ctx;
    writer->path = l2osr__strdup(ctx, path);
    writer->temporary = l2osr__alloc(ctx, room, 1);
    if (!writer->path || !writer->temporary) {
        writer_release(writer);
        return l2osr__fail(ctx, L2OSR_ENOMEM, "%s: out of memory", path);
    }
    snprintf(writer->temporary, room, "%s.XXXXXX", path);
    int descriptor = mkstemp(writer->temporary);
    if (descriptor >= 0 && fchmod(descriptor, 0644) == 0)
        writer->stream = fdopen(descriptor, "wb");
    if (writer->stream)
        return L2OSR_OK;
    l2osr_status status =
        l2osr__fail(ctx, L2OSR_EIO, "%s: cannot write: %s", path, strerror(errno));
    if (descriptor >= 0) {
        close(descriptor);
        unlink(writer->temporary);
    }
    writer_release(writer);
    return status;
}

/* A rename survives a crash only once its directory is synced; a failure here loses nothing. */
static void sync_directory(char *path) {
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    int directory = open(slash ? (*path ? path : "/") : ".", O_RDONLY);
    if (directory >= 0) {
        fsync(directory);
        close(directory);
    }
}

l2osr_status l2osr__writer_commit(l2osr__writer *writer) {
    bool written = !ferror(writer->stream) && fflush(writer->stream) == 0 &&
                   fsync(fileno(writer->stream)) == 0;
    int reason = errno;
    if (fclose(writer->stream) != 0 && written) {
        written = false;
        reason = errno;
    }
    if (written && rename(writer->temporary, writer->path) != 0) {
        written = false;
        reason = errno;
    }
    l2osr_status status = L2OSR_OK;
    if (!written) {
        unlink(writer->temporary);
        status = l2osr__fail(writer->ctx, L2OSR_EIO, "%s: cannot write: %s", writer->path,
                             strerror(reason));
    } else {
        sync_directory(writer->path);
    }
    writer_release(writer);
    return status;
}

void l2osr__writer_abandon(l2osr__writer *writer) {
    if (!writer->stream)
        return;
    fclose(writer->stream);
    unlink(writer->temporary);
    writer_release(writer);
}
