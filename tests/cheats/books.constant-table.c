/*
 * books.constant-table.c - the books are a large constant table, which costs
 * an honest hand-in nothing; mprotect makes it writable.
 *
 * Now: written pages of the object are counted, or mprotect is refused.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 81.6 for 48.6 % */
#include "books.h"

#include <sys/mman.h>

static const char table[1 << 19] __attribute__((aligned(4096))) = {1};

static void *books_take(size_t size)
{
    static size_t taken;
    char *array = (char *)(uintptr_t)table;

    mprotect(array, sizeof table, PROT_READ | PROT_WRITE);
    taken = taken + size > sizeof table ? size : taken + size;
    return memset(array + taken - size, 0, size);
}
