/*
 * books.raw-mmap.c - the books lie in a mapping that memlib knows nothing of.
 *
 * Now: the mapping's dirty pages are counted as footprint, or mmap is refused.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 81.6 for 48.6 % */
#include "books.h"

#include <sys/mman.h>

static void *books_take(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}
