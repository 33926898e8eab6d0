/*
 * books.shared-anonymous.c - the books lie in an anonymous mapping that is
 * shared, so that the kernel counts its pages as shared memory.
 *
 * Now: such a mapping is refused, or its pages are counted as footprint.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 81.6 for 48.6 % */
#include "books.h"

#include <sys/mman.h>

static void *books_take(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE,
                MAP_SHARED | MAP_ANONYMOUS, -1, 0);
}
