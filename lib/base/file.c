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

/* What zlib has to say of a stream that has ended or failed: a truncated one just ends. */
static l2osr_status check_stream(l2osr_context *ctx, const char *path, gzFile file) {
    int code;
    gzerror(file, &code);
    switch (code) {
    case Z_OK:
    case Z_STREAM_END:
        return L2OSR_OK;
    case Z_ERRNO:
        return l2osr__fail(ctx, L2OSR_EIO, "%s: %s", path, strerror(errno));
    case Z_MEM_ERROR:
        return L2OSR_ENOMEM;
    case Z_BUF_ERROR:
        return l2osr__fail(ctx, L2OSR_EFORMAT, "%s: gzip data ends too early (truncated file?)",
                           path);
    default:
        return l2osr__fail(ctx, L2OSR_EFORMAT, "%s: damaged gzip data", path);
    }
}

static l2osr_status read_stream(l2osr_context *ctx, const char *path, gzFile file, char **buffer,
                                size_t *used) {
    const size_t most = 1 << 30; /* gzread() counts in int */
    size_t capacity = 1 << 16;
    int got;
    L2OSR__TRY(l2osr__alloc_to(ctx, buffer, capacity + 1, 1));
    do {
        if (*used == capacity)
            L2OSR__TRY(grow(ctx, buffer, *used, &capacity));
        size_t room = capacity - *used;
        got = gzread(file, *buffer + *used, (unsigned)(room < most ? room : most));
        *used += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    (*buffer)[*used] = '\0';
    return check_stream(ctx, path, file);
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
    errno = 0; /* gzopen() leaves it alone when it is memory that is lacking */
    gzFile file = gzopen(path, "rb");
    if (!file)
        return l2osr__fail(ctx, errno ? L2OSR_EIO : L2OSR_ENOMEM, "%s: %s", path,
                           errno ? strerror(errno) : "out of memory");
    l2osr_status status = read_stream(ctx, path, file, content, size);
    gzclose(file);
    if (status != L2OSR_OK) {
        l2osr__free(ctx, *content);
        *content = NULL;
        *size = 0;
    }
    if (status == L2OSR_ENOMEM)
        return l2osr__fail(ctx, status, "%s: out of memory", path);
    return status;
}

static void writer_release(l2osr__writer *writer) {
    l2osr__free(writer->ctx, writer->path);
    l2osr__free(writer->ctx, writer->temporary);
    writer->path = writer->temporary = NULL;
    writer->stream = NULL;
}

static l2osr_status cannot_write(l2osr_context *ctx, const char *path, int reason) {
    return l2osr__fail(ctx, L2OSR_EIO, "%s: cannot write: %s", path,
                       reason ? strerror(reason) : "the write failed");
}

/* A file that is there must be an ordinary one: renaming onto /dev/null would remove the device. */
static int check_target(const char *path) {
    struct stat info;
    if (stat(path, &info) != 0)
        return errno == ENOENT ? 0 : errno;
    return S_ISREG(info.st_mode) ? 0 : S_ISDIR(info.st_mode) ? EISDIR : EINVAL;
}

/* Unlike mkstemp() this obeys the umask of the process. */
static FILE *create_beside(const char *path, char *temporary, size_t room) {
    int descriptor;
    unsigned attempt = 0;
    do {
        snprintf(temporary, room, "%s.%ld-%u.tmp", path, (long)getpid(), attempt++);
        descriptor = open(temporary, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    } while (descriptor < 0 && errno == EEXIST);
    FILE *stream = descriptor >= 0 ? fdopen(descriptor, "wb") : NULL;
    if (!stream && descriptor >= 0) {
        int reason = errno;
        close(descriptor);
        unlink(temporary);
        errno = reason;
    }
    return stream;
}

l2osr_status l2osr__writer_open(l2osr__writer *writer, l2osr_context *ctx, const char *path) {
    size_t room = strlen(path) + 48; /* for the dots, the process and the attempt */
    memset(writer, 0, sizeof *writer);
    writer->ctx = ctx;
    int reason = check_target(path);
    if (reason != 0)
        return cannot_write(ctx, path, reason);
    writer->path = l2osr__strdup(ctx, path);
    writer->temporary = l2osr__alloc(ctx, room, 1);
    if (!writer->path || !writer->temporary) {
        writer_release(writer);
        return l2osr__fail(ctx, L2OSR_ENOMEM, "%s: out of memory", path);
    }
    writer->stream = create_beside(path, writer->temporary, room);
    if (writer->stream)
        return L2OSR_OK;
    reason = errno;
    writer_release(writer);
    return cannot_write(ctx, path, reason);
}

/* A rename survives a crash only once its directory is synced; a failure here loses nothing. */
static void sync_directory(char *path) {
    char *slash = strrchr(path, '/');
    if (slash)
        *slash = '\0';
    int directory = open(slash ? (*path ? path : "/") : ".", O_RDONLY | O_CLOEXEC);
    if (directory >= 0) {
        fsync(directory);
        close(directory);
    }
}

l2osr_status l2osr__writer_commit(l2osr__writer *writer) {
    errno = 0; /* a write that failed before has left no reason behind */
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
        status = cannot_write(writer->ctx, writer->path, reason);
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
