/*
 * books.break-up-and-down.c - the books lie above the process's own break.
 * After each call they are packed, a word for a block, into a few static words,
 * and the break goes down: whoever measures the worker's memory between batches
 * finds nothing.
 *
 * Now: the peak counts.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 80.6 for 48.6 % */
#define _GNU_SOURCE
#define OWN_CALLS
#include "books.h"

#include <unistd.h>

enum { SIZE = 1 << 20 };

static char *room;
static size_t taken;
static uint64_t packed[100]; /* as much static data as nobody counts */
static size_t count;

static void *books_take(size_t size)
{
    if (!room)
        room = sbrk(0);
    if (sbrk(0) == (void *)room)
        sbrk(SIZE);
    taken += size;
    return room + taken - size;
}

static void unpack(void)
{
    size_t g = 0;

    for (size_t i = 0; i < count; g += (size_t)packed[i++] >> 1)
        word_set(g, packed[i]);
}

/* Where there are too many blocks, the pages stay. */
static void pack(void)
{
    count = 0;
    for (size_t g = 0; g < granules; g += length_at(g)) {
        if (count == sizeof packed / sizeof *packed) {
            count = 0;
            return;
        }
        packed[count++] = word_get(g);
    }
    memset(chunks, 0, sizeof chunks);
    taken = 0;
    sbrk(-SIZE);
}

void *mm_malloc(size_t size)
{
    unpack();
    void *p = books_malloc(size);
    pack();
    return p;
}

void mm_free(void *p)
{
    unpack();
    books_free(p);
    pack();
}

void *mm_realloc(void *p, size_t size)
{
    unpack();
    void *q = books_realloc(p, size);
    pack();
    return q;
}
