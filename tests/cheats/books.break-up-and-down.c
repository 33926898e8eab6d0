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
#include "packed_books.h"

#include <unistd.h>

enum { SIZE = 1 << 20 };

static char *room;
static size_t taken;

static void *books_take(size_t size)
{
    if (!room)
        room = sbrk(0);
    if (sbrk(0) == (void *)room)
        sbrk(SIZE);
    taken += size;
    return room + taken - size;
}

static void give_back(void)
{
    memset(chunks, 0, sizeof chunks);
    taken = 0;
    sbrk(-SIZE);
}
