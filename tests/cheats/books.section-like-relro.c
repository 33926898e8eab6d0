/*
 * books.section-like-relro.c - the same in .data.rel.ro, where the linker puts
 * constants that hold addresses. The page protection of that part is lifted.
 *
 * Now: written pages of the object are counted, whatever their section.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 81.6 for 48.6 % */
#include "books.h"

#include <sys/mman.h>

static char array[1 << 19] __attribute__((section(".data.rel.ro.books"),
                                          aligned(4096)));

static void *books_take(size_t size)
{
    static size_t taken;

    mprotect(array, sizeof array, PROT_READ | PROT_WRITE);
    taken = taken + size > sizeof array ? size : taken + size;
    return memset(array + taken - size, 0, size);
}
