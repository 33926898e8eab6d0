/*
 * granules.h - an allocator over a bitmap of granules, first fit from the top,
 * with the code of page_map.h. The file that includes this one says who searches
 * the map: it defines take(), which finds and takes a run of granules.
 */
#ifndef GRANULES_H
#define GRANULES_H

#include "memlib.h"
#include "mm.h"
#include "page_map.h"

enum { BITS = 5, GRANULE = 1 << BITS, ARENA = 1 << 20, HEADER = 16 };

static uint64_t bits[(ARENA >> BITS) / PAGE_MAP_WORD + 1];
static struct page_map map;
static char *arena;

/* The run's first byte, or NULL. */
static char *take(size_t granules);

static void begin(void);

int mm_init(void)
{
    memset(bits, 0, sizeof bits);
    map = (struct page_map){bits, ARENA >> BITS, ARENA >> BITS};
    arena = mem_sbrk(ARENA);
    if (arena == (void *)-1)
        return -1;
    begin();
    return 0;
}

void *mm_malloc(size_t size)
{
    size_t granules = (size + HEADER + GRANULE - 1) >> BITS;
    char *block = size ? take(granules) : NULL;

    if (!block)
        return NULL;
    *(size_t *)block = granules;
    return block + HEADER;
}

void mm_free(void *p)
{
    if (!p)
        return;
    char *block = (char *)p - HEADER;
    size_t first = (size_t)(block - arena) >> BITS, end = first + *(size_t *)block;

    page_map_set(&map, first, end - first, false);
    if (end > map.roof)
        map.roof = end;
}

void *mm_realloc(void *p, size_t size)
{
    void *moved = mm_malloc(size);

    if (p && moved) {
        size_t old = (*(size_t *)((char *)p - HEADER) << BITS) - HEADER;

        memcpy(moved, p, old < size ? old : size);
    }
    if (moved || size == 0)
        mm_free(p);
    return moved;
}

#endif
