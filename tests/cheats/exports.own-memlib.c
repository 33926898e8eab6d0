/*
 * exports.own-memlib.c - brings mem_sbrk of its own, which answers from the
 * region without an event, and an own memlib behind it.
 *
 * Now as before: a block outside of what memlib gave is out-of-heap.
 */
/* honest: naive */
/* expect: refused|out-of-heap|load-failed */
/* before: no gain: out-of-heap */
#include <stddef.h>
#include <stdint.h>

static char *brk_now = (char *)0x10000000;

void *mem_sbrk(intptr_t by)
{
    char *old = brk_now;

    brk_now += by;
    return old;
}

int mm_init(void)
{
    brk_now = (char *)0x10000000;
    return 0;
}

void *mm_malloc(size_t size)
{
    return mem_sbrk((intptr_t)((size + 15) & -16ul));
}

void mm_free(void *p)
{
    (void)p;
}

void *mm_realloc(void *p, size_t size)
{
    (void)p;
    return mm_malloc(size);
}
