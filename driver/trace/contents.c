/*
 * contents.c - map a file, or decompress it with zlib or zstd.
 *
 * A list holds each mapped file with its size and time of change when it was
 * mapped. After a memory fault, the list shows whether a file has changed.
 */
#include "contents.h"

#include "base/fatal.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

/* ---- Mapped files. ---- */

struct mapping {
    char *path;
    const char *bytes;
    struct stat before;
    struct mapping *next;
};

static struct mapping *mappings;

/* A new file at the same path changes nothing: the old one stays mapped. */
static bool has_changed(const struct mapping *m)
{
    struct stat now;

    return stat(m->path, &now) == 0 && now.st_dev == m->before.st_dev &&
           now.st_ino == m->before.st_ino &&
           (now.st_size != m->before.st_size ||
            now.st_mtim.tv_sec != m->before.st_mtim.tv_sec ||
            now.st_mtim.tv_nsec != m->before.st_mtim.tv_nsec);
}

static const struct mapping *changed_mapping(void)
{
    for (const struct mapping *m = mappings; m; m = m->next)
        if (has_changed(m))
            return m;
    return NULL;
}

static const char changed[] = "it changed while it was read";

/* If no file has changed, the fault repeats, and its default action kills. */
static void on_fault(int number)
{
    const struct mapping *m = changed_mapping();

    if (m) {
        dprintf(STDERR_FILENO, "%s: %s\n", m->path, changed);
        _exit(EXIT_NOT_JUDGED);
    }
    signal(number, SIG_DFL);
}

static void list_mapping(const char *path, const char *bytes,
                         const struct stat *status)
{
    struct mapping *m = check_alloc(malloc(sizeof *m));

    if (!mappings) {
        signal(SIGBUS, on_fault);
        signal(SIGSEGV, on_fault);
    }
    *m = (struct mapping){check_alloc(strdup(path)), bytes, *status, mappings};
    mappings = m;
}

static void unlist_mapping(const char *bytes)
{
    struct mapping **place = &mappings, *m;

    while ((m = *place) != NULL && m->bytes != bytes)
        place = &m->next;
    if (!m)
        return;
    *place = m->next;
    free(m->path);
    free(m);
}

void contents_verify(void)
{
    const struct mapping *m = changed_mapping();

    if (m)
        fatal(m->path, 0, "%s", changed);
}

/* ---- Files. ---- */

/* A buffer that doubles. */
struct buffer {
    char *bytes;
    size_t size, capacity;
};

static void reserve(struct buffer *b, size_t bytes)
{
    if (b->capacity - b->size >= bytes)
        return;
    b->capacity = b->capacity * 2 + bytes;
    b->bytes = check_alloc(realloc(b->bytes, b->capacity));
}

static struct contents finish(struct buffer *b)
{
    return (struct contents){b->bytes, b->size, false};
}

static struct contents read_gzip(const char *path, struct contents in)
{
    struct buffer out = {0};
    z_stream z = {.next_in = (Bytef *)in.bytes};
    size_t left = in.size;
    int status = inflateInit2(&z, 15 + 16);

    while (status == Z_OK || status == Z_BUF_ERROR) {
        reserve(&out, 1 << 20);
        uInt space = (uInt)(out.capacity - out.size > 1u << 30
                                ? 1u << 30
                                : out.capacity - out.size);
        if (z.avail_in == 0) {
            z.avail_in = (uInt)(left > 1u << 30 ? 1u << 30 : left);
            left -= z.avail_in;
        }
        z.next_out = (Bytef *)out.bytes + out.size;
        z.avail_out = space;
        status = inflate(&z, Z_NO_FLUSH);
        out.size += space - z.avail_out;
        if (status == Z_STREAM_END &&
            (z.avail_in || left)) /* a further member */
            status = inflateReset(&z);
        else if (status == Z_BUF_ERROR && z.avail_in == 0 && left == 0)
            break;
    }
    inflateEnd(&z);
    if (status == Z_BUF_ERROR)
        fatal(path, 0, "the gzip file is cut short");
    if (status != Z_STREAM_END)
        fatal(path, 0, "the gzip file is damaged");
    return finish(&out);
}

static struct contents read_zstd(const char *path, struct contents in)
{
    struct buffer out = {0};
    ZSTD_DCtx *context = check_alloc(ZSTD_createDCtx());
    ZSTD_inBuffer source = {in.bytes, in.size, 0};
    size_t hint = 1;

    while (source.pos < source.size || hint != 0) {
        reserve(&out, 1 << 20);
        ZSTD_outBuffer sink = {out.bytes + out.size, out.capacity - out.size,
                               0};
        size_t before = source.pos;
        hint = ZSTD_decompressStream(context, &sink, &source);
        if (ZSTD_isError(hint))
            fatal(path, 0, "the zstd file is damaged: %s",
                  ZSTD_getErrorName(hint));
        out.size += sink.pos;
        if (hint != 0 && source.pos == before && sink.pos == 0)
            fatal(path, 0, "the zstd file is cut short");
    }
    ZSTD_freeDCtx(context);
    return finish(&out);
}

static struct contents read_plain(const char *path)
{
    struct stat status;
    /* A pipe that nobody writes to is opened, too, and refused. */
    int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

    if (fd < 0 || fstat(fd, &status) != 0)
        fatal(path, 0, "cannot read it: %s", strerror(errno));
    if (!S_ISREG(status.st_mode))
        fatal(path, 0,
              S_ISDIR(status.st_mode) ? "is a directory"
                                      : "is not a regular file");
    if (status.st_size == 0)
        fatal(path, 1, "the file is empty");
    char *bytes =
        mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
    if (bytes == MAP_FAILED)
        fatal(path, 0, "cannot map it: %s", strerror(errno));
    close(fd);
    list_mapping(path, bytes, &status);
    return (struct contents){bytes, (size_t)status.st_size, true};
}

static bool begins(struct contents c, const char *magic, size_t size)
{
    return c.size >= size && memcmp(c.bytes, magic, size) == 0;
}

struct contents contents_read(const char *path)
{
    struct contents raw = read_plain(path), unpacked;

    if (begins(raw, "\x1f\x8b", 2))
        unpacked = read_gzip(path, raw);
    else if (begins(raw, "\x28\xb5\x2f\xfd", 4))
        unpacked = read_zstd(path, raw);
    else
        return raw;
    contents_free(raw.bytes, raw.size, raw.mapped);
    if (unpacked.size == 0)
        fatal(path, 1, "the file is empty");
    return unpacked;
}

void contents_free(char *bytes, size_t size, bool mapped)
{
    if (mapped) {
        unlist_mapping(bytes);
        munmap(bytes, size);
    } else {
        free(bytes);
    }
}
