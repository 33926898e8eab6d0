/*
 * books.over-the-region.c - private pages are mapped over the middle of
 * memlib's region, which nobody uses: the judge's view of the region, where it
 * looks for stray writes, does not have them.
 *
 * Now: mmap with MAP_FIXED is refused, or private pages are counted.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 81.6 for 48.6 % */
#include "books.h"

#include <sys/mman.h>

static void *books_take(size_t size)
{
    static size_t taken;
    char *middle = (char *)mem_heap_lo() + (32 << 20);

    taken = (taken + size) % (1 << 20);
    return mmap(middle + taken, size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1, 0);
}
