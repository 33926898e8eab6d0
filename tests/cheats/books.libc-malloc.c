/*
 * books.libc-malloc.c - the books lie in blocks of the C library's malloc.
 *
 * Now: the pages that libc's heap gained are counted as footprint.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 81.6 for 48.6 % */
#include "books.h"

#include <stdlib.h>

static void *books_take(size_t size)
{
    return malloc(size);
}
