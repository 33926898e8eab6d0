/*
 * books.h - an allocator without headers, for cheats to hide its books.
 *
 * The heap is a row of blocks of whole granules, without any header. The books
 * have a word for each granule: for a block's first granule its length and
 * whether it is in use. They are half as large as the heap, so whoever hides
 * them gains a third of the footprint. First fit; neighbours are merged by the
 * search.
 *
 * The file that includes this one says where the books lie: it defines
 * books_take(size), which returns that many bytes, or with OWN_WORDS the two
 * functions that read and write a word.
 */
#ifndef BOOKS_H
#define BOOKS_H

#include "memlib.h"
#include "mm.h"

#include <stdint.h>
#include <string.h>

enum { GRANULE = 16, CHUNK = 2048, CHUNKS = 64 }; /* words; at most 2 MiB */

#ifndef OWN_WORDS
static uint64_t *chunks[CHUNKS];
static void *books_take(size_t size);

static uint64_t word_get(size_t g)
{
    return chunks[g / CHUNK][g % CHUNK];
}

static void word_set(size_t g, uint64_t word)
{
    uint64_t **chunk = &chunks[g / CHUNK];

    if (!*chunk) {
        *chunk = books_take(CHUNK * sizeof **chunk);
        memset(*chunk, 0, CHUNK * sizeof **chunk); /* all its pages are used */
    }
    (*chunk)[g % CHUNK] = word;
}
#else
static uint64_t word_get(size_t g);
static void word_set(size_t g, uint64_t word);
#endif

static size_t granules; /* of the heap */

static void set(size_t g, size_t length, int in_use)
{
    word_set(g, (uint64_t)length << 1 | (uint64_t)in_use);
}

static size_t length_at(size_t g)
{
    return (size_t)(word_get(g) >> 1);
}

static int in_use_at(size_t g)
{
    return word_get(g) & 1;
}

static size_t granule_of(void *p)
{
    return (size_t)((char *)p - (char *)mem_heap_lo()) / GRANULE;
}

/* The length of the free run at g; its blocks become one. */
static size_t merge(size_t g)
{
    size_t end = g;

    while (end < granules && !in_use_at(end) && length_at(end) > 0)
        end += length_at(end);
    if (end > g)
        set(g, end - g, 0);
    return end - g;
}

static void take(size_t g, size_t free, size_t need)
{
    set(g, need, 1);
    if (free > need)
        set(g + need, free - need, 0);
}

static int books_init(void)
{
    granules = 0;
#ifndef OWN_WORDS
    memset(chunks, 0, sizeof chunks);
#endif
    return 0;
}

static void *books_malloc(size_t size)
{
    size_t need = (size + GRANULE - 1) / GRANULE, g = 0, free = 0;

    if (size == 0)
        return NULL;
    for (; g < granules; g += free ? free : length_at(g)) {
        free = merge(g);
        if (length_at(g) == 0)
            return NULL; /* somebody has wiped the books */
        if (free >= need || g + free == granules)
            break;
    }
    if (free < need) {
        size_t more = need - free;

        if (mem_sbrk((intptr_t)(more * GRANULE)) == (void *)-1)
            return NULL;
        granules += more;
        free = need;
    }
    take(g, free, need);
    return (char *)mem_heap_lo() + g * GRANULE;
}

static void books_free(void *p)
{
    if (p)
        set(granule_of(p), length_at(granule_of(p)), 0);
}

static void *books_realloc(void *p, size_t size)
{
    size_t need = (size + GRANULE - 1) / GRANULE;

    if (!p)
        return books_malloc(size);
    if (size == 0) {
        books_free(p);
        return NULL;
    }
    size_t g = granule_of(p), old = length_at(g);
    size_t all = old + merge(g + old);
    if (all >= need) {
        take(g, all, need);
        return p;
    }
    void *moved = books_malloc(size);
    if (!moved)
        return NULL;
    memcpy(moved, p, old * GRANULE);
    books_free(p);
    return moved;
}

#ifndef OWN_INIT
int mm_init(void)
{
    return books_init();
}
#endif

#ifndef OWN_CALLS
void *mm_malloc(size_t size)
{
    return books_malloc(size);
}

void mm_free(void *p)
{
    books_free(p);
}

void *mm_realloc(void *p, size_t size)
{
    return books_realloc(p, size);
}
#endif

#endif
