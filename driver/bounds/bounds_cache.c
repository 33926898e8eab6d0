/*
 * bounds_cache.c - a line of text for each trace and alignment.
 *
 *     bounds 1 16 HASH 983040 917504 CHECKSUM
 *
 * 1 is PACKING_VERSION and 16 the alignment. HASH is the hash of the
 * operations, 16 bytes each. The figures are best fit and packing in bytes; the
 * packing is "-" if there is none. CHECKSUM is the hash of the line before
 * it. The hash is FNV-1a of 128 bits (Fowler, Noll and Vo). It tells different
 * traces apart, except traces that were made to collide.
 *
 * The line is written to a temporary file, which is then renamed: of two
 * drivers that write at once, one leaves its whole line.
 */
#define _GNU_SOURCE
#include "bounds_cache.h"

#include "packing.h"

#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { LINE = 256 };

/* ---- FNV-1a. ---- */

typedef unsigned __int128 hash;

static hash hash_begin(void)
{
    return (hash)0x6c62272e07bb0142u << 64 | 0x62b821756295c58du;
}

static hash hash_add(hash h, const void *bytes, size_t size)
{
    const hash prime = (hash)1 << 88 | 0x13b;
    const unsigned char *at = bytes;

    for (size_t i = 0; i < size; i++)
        h = (h ^ at[i]) * prime;
    return h;
}

static hash hash_of_ops(const struct trace *t)
{
    hash h = hash_begin();

    for (uint64_t i = 0; i < t->op_count; i++) {
        h = hash_add(h, &t->ops[i], sizeof t->ops[i]);
        trace_release_before(t, i);
    }
    return h;
}

enum { HEX = 33 }; /* 32 digits and the end of the string */

static void write_hash(hash h, char text[HEX])
{
    snprintf(text, HEX, "%016llx%016llx", (unsigned long long)(h >> 64),
             (unsigned long long)h);
}

/* ---- Paths. ---- */

/*
 * For traces/x.rep and 16: /.../traces/.bounds and /.../.bounds/x.rep.16. The
 * twin x~secret has x.rep~secret.16 there, which is that of the last seed.
 */
struct cache_path {
    char folder[PATH_MAX];
    char file[2 * PATH_MAX];
};

static bool find_cache_path(const struct trace *t, unsigned align,
                            struct cache_path *cache_path)
{
    const char *ending = t->set == SET_SECRET ? TWIN_ENDING : "";
    char file[PATH_MAX], path[PATH_MAX];

    snprintf(file, sizeof file, "%.*s",
             (int)(strlen(t->path) - strlen(ending)), t->path);
    char *slash = realpath(file, path) ? strrchr(path, '/') : NULL;
    if (!slash)
        return false;
    *slash = '\0';
    int length = snprintf(cache_path->folder, sizeof cache_path->folder,
                          "%s/.bounds", path);
    snprintf(cache_path->file, sizeof cache_path->file, "%s/%s%s.%u",
             cache_path->folder, slash + 1, ending, align);
    return length < (int)sizeof cache_path->folder;
}

/* ---- Lines. ---- */

/* Write the line as far as the figures; returns its length. */
static int write_figures(char *line, const struct trace *t, unsigned align,
                         const struct bounds_figures *f)
{
    char ops_hash[HEX], packing[24] = "-";

    write_hash(hash_of_ops(t), ops_hash);
    if (f->packed)
        snprintf(packing, sizeof packing, "%llu",
                 (unsigned long long)f->packing);
    return snprintf(line, LINE, "bounds %d %u %s %llu %s", PACKING_VERSION,
                    align, ops_hash, (unsigned long long)f->best_fit, packing);
}

static void write_line(char *line, const struct trace *t, unsigned align,
                       const struct bounds_figures *f)
{
    int length = write_figures(line, t, align, f);
    char checksum[HEX];

    write_hash(hash_add(hash_begin(), line, (size_t)length), checksum);
    snprintf(line + length, LINE - (size_t)length, " %s\n", checksum);
}

static bool read_figures(const char *line, struct bounds_figures *f)
{
    unsigned long long best_fit;
    char packing[24], *end;

    if (sscanf(line, "bounds %*d %*u %*32s %llu %23s", &best_fit, packing) != 2)
        return false;
    *f = (struct bounds_figures){.best_fit = best_fit};
    f->packed = strcmp(packing, "-") != 0;
    if (f->packed)
        f->packing = strtoull(packing, &end, 10);
    return true;
}

static bool read_line(const char *path, char line[LINE])
{
    int fd = open(path, O_RDONLY | O_CLOEXEC);
    ssize_t size = fd < 0 ? -1 : read(fd, line, LINE - 1);

    if (fd >= 0)
        close(fd);
    line[size > 0 ? size : 0] = '\0';
    return size > 0;
}

/*
 * The figures that were read are valid if writing them anew gives the same
 * line: this compares version, alignment, hash and checksum at once.
 */
bool bounds_cache_read(const struct trace *trace, unsigned align,
                       struct bounds_figures *figures)
{
    char line[LINE], expected[LINE];
    struct cache_path cache_path;

    if (!find_cache_path(trace, align, &cache_path) ||
        !read_line(cache_path.file, line) || !read_figures(line, figures))
        return false;
    write_line(expected, trace, align, figures);
    return strcmp(line, expected) == 0;
}

static bool write_all(const char *path, const char *text)
{
    size_t size = strlen(text);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);

    if (fd < 0)
        return false;
    bool good = write(fd, text, size) == (ssize_t)size;
    return close(fd) == 0 && good;
}

void bounds_cache_write(const struct trace *trace, unsigned align,
                        const struct bounds_figures *figures)
{
    char line[LINE], temporary[2 * PATH_MAX + 32];
    struct cache_path cache_path;

    if (!find_cache_path(trace, align, &cache_path))
        return;
    write_line(line, trace, align, figures);
    snprintf(temporary, sizeof temporary, "%s.%d", cache_path.file,
             (int)getpid());
    mkdir(cache_path.folder, 0777);
    if (!write_all(temporary, line) || rename(temporary, cache_path.file) != 0)
        unlink(temporary);
}
