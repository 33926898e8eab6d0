/*
 * books.code.c - the books lie among the machine instructions: a function of
 * half a mebibyte that is never called, made writable by mprotect.
 *
 * Now: written pages of the object are counted, or mprotect is refused.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 81.6 for 48.6 % */
#include "books.h"

#include <sys/mman.h>

__asm__(".text\n.balign 4096\nroom: .fill 1 << 19, 1, 0x90\n"
        ".balign 4096\n.previous\n");
extern char room[1 << 19] __attribute__((visibility("hidden")));

static void *books_take(size_t size)
{
    static size_t taken;

    mprotect(room, 1 << 19, PROT_READ | PROT_WRITE);
    taken = taken + size > 1 << 19 ? size : taken + size;
    return memset(room + taken - size, 0, size);
}
