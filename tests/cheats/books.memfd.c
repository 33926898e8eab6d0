/*
 * books.memfd.c - the books lie in a shared mapping of a file without a name:
 * such pages are not anonymous.
 *
 * Now: memfd_create is refused, or shared pages are counted as footprint.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 81.6 for 48.6 % */
#define _GNU_SOURCE
#include "books.h"

#include <sys/mman.h>
#include <unistd.h>

static void *books_take(size_t size)
{
    int fd = memfd_create("books", 0);

    if (ftruncate(fd, (off_t)size) != 0)
        return NULL;
    return mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
}
