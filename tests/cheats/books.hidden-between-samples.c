/*
 * books.hidden-between-samples.c - the books lie in a raw mapping. After each
 * call they are packed, a word for a block, into a few static words, and the
 * mapping's pages are given back: whoever measures the worker's memory between
 * batches finds nothing.
 *
 * Now: the peak counts, or madvise and mmap are refused.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 80.6 for 48.6 % */
#include "packed_books.h"

#include <sys/mman.h>

static char *room;
static size_t taken;

static void *books_take(size_t size)
{
    if (!room)
        room = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    taken += size;
    return room + taken - size;
}

static void give_back(void)
{
    madvise(room, 1 << 20, MADV_DONTNEED);
}
