/*
 * mapping.c - mappings by mmap, resized by mremap.
 *
 * A guard is never opened: the system counts it as addresses (ulimit -v), but
 * not as memory.
 *
 *   I1  The pages of a mapping are one area of the kernel, as mremap demands,
 *       unless the program splits it by mlock, madvise or mprotect.
 */
#define _GNU_SOURCE
#include "mapping.h"

#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

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

/* Addresses without access, anywhere or in the place of what lies at `at`. */
static char *reserve(char *at, size_t bytes)
{
    char *area =
        mmap(at, bytes, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | (at ? MAP_FIXED : 0), -1, 0);

    return area == MAP_FAILED ? NULL : area;
}

void mapping_delete(void *mapping, size_t size)
{
    munmap(mapping, mapping_size(size) + GUARD);
}

void *mapping_new(size_t align, size_t size)
{
    size_t page = page_size(), bytes = mapping_size(size);

    align = align > page ? align : page;
    size_t total = bytes + GUARD + align - page;
    char *area = reserve(NULL, total);
    if (!area)
        return NULL;
    char *mapping = area + (-(uintptr_t)area & (align - 1));
    unmap(area, mapping);
    unmap(mapping + bytes + GUARD, area + total);
    if (mprotect(mapping, bytes, PROT_READ | PROT_WRITE) == 0)
        return mapping;
    mapping_delete(mapping, bytes);
    return NULL;
}

/* Give back what lies behind the first bytes, which a new guard follows. */
static void *shrink(char *mapping, size_t old, size_t bytes)
{
    char *end = mapping + bytes;

    if (!reserve(end, GUARD))
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
    reserve(new + bytes, GUARD);
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
