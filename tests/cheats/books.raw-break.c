/*
 * books.raw-break.c - the books lie above the process's own break, which has
 * nothing to do with memlib's.
 *
 * Now: the system call is refused, or its pages are counted as footprint.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 81.6 for 48.6 % */
#define _GNU_SOURCE
#include "books.h"

#include <unistd.h>

static void *books_take(size_t size)
{
    return sbrk((intptr_t)size);
}
