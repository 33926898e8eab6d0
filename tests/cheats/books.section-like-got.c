/*
 * books.section-like-got.c - the books are a static array in a section that is
 * named like one of the linker's, whose size is not counted.
 *
 * Now: a section is the linker's by its exact name only.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 81.6 for 48.6 % */
#include "books.h"

static char array[1 << 19] __attribute__((section(".got.books")));

static void *books_take(size_t size)
{
    static size_t taken;

    taken = taken + size > sizeof array ? size : taken + size;
    return memset(array + taken - size, 0, size);
}
