/*
 * mapping.c - mappings by mmap, resized by mremap.
 *
 * A guard is never opened: the system counts it as addresses (ulimit -v), but
 * not as memory.
 *
 *   I1  The pages of a mapping are one area of the kernel, as mremap demands,
 *       unless the program splits it by mlock, madvise or mprotect.
 *   I2  At most MAX_GUARDS guards are closed: one is closed only while there
 *       are no more mappings. Each takes an area, of which the kernel allows a
 *       process 65530.
 */
#define _GNU_SOURCE
#include "mapping.h"

#include <stdbool.h>
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

enum { MAX_GUARDS = 1 << 14 };

static _Atomic size_t mappings; /* how many there are */

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

size_t mapping_size(size_t size)
{
    return (size + page_size() - 1) & -page_size();
}

/* Unmap [from, to), which may be empty. */
static void unmap(char *from, char *to)
{
    if (from < to)
        munmap(from, (size_t)(to - from));
}

/* Addresses without access. */
static char *reserve(size_t bytes)
{
    char *area =
        mmap(NULL, bytes, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return area == MAP_FAILED ? NULL : area;
}

/* Let the pages at `at` be a guard, closed by I2. False: refused. */
static bool place_guard(char *at)
{
    return mappings > MAX_GUARDS ||
           mmap(at, GUARD, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED,
                -1, 0) == at;
}

void mapping_delete(void *mapping, size_t size)
{
    munmap(mapping, mapping_size(size) + GUARD);
    mappings--;
}

void *mapping_new(size_t align, size_t size)
{
    size_t page = page_size(), bytes = mapping_size(size);

    align = align > page ? align : page;
    size_t total = bytes + GUARD + align - page;
    char *area = reserve(total);
    if (!area)
        return NULL;
    char *mapping = area + (-(uintptr_t)area & (align - 1));
    unmap(area, mapping);
    unmap(mapping + bytes + GUARD, area + total);
    size_t open = ++mappings > MAX_GUARDS ? bytes + GUARD : bytes;
    if (mprotect(mapping, open, PROT_READ | PROT_WRITE) == 0)
        return mapping;
    mapping_delete(mapping, bytes);
    return NULL;
}

/* Give back what lies behind the first bytes, which a new guard follows. */
static void *shrink(char *mapping, size_t old, size_t bytes)
{
    char *end = mapping + bytes;

    if (!place_guard(end))
        return NULL;
    unmap(end + GUARD, mapping + old + GUARD);
    return mapping;
}

/* Move the pages to a place with a guard; the old guard goes. */
static void *grow(char *mapping, size_t old, size_t bytes)
{
    char *new = mremap(mapping, old, bytes + GUARD, MREMAP_MAYMOVE);

    if (new == MAP_FAILED)
        return NULL;
    unmap(mapping + old, mapping + old + GUARD);
    place_guard(new + bytes);
    return new;
}

void *mapping_resize(void *mapping, size_t old, size_t size)
{
    size_t bytes = mapping_size(size);

    old = mapping_size(old);
    if (bytes < old)
        return shrink(mapping, old, bytes);
    return bytes > old ? grow(mapping, old, bytes) : mapping;
}
