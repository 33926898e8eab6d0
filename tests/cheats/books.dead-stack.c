/*
 * books.dead-stack.c - the books lie on the stack, a mebibyte below the stack
 * pointer, where nobody else comes.
 *
 * Now: the stack's pages are counted as footprint.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 81.6 for 48.6 % */
#define OWN_INIT
#include "books.h"

enum { BELOW = 1 << 20, DEEP = 3 << 20 };

static char *top; /* of the part that is taken */

/* The kernel lets the stack grow to where a frame of ours has been. */
static __attribute__((noinline)) char *grow_stack(void)
{
    volatile char frame[DEEP];

    frame[0] = 0;
    uintptr_t at = (uintptr_t)frame + DEEP - BELOW;
    __asm__("" : "+r"(at)); /* gcc returns no address of a local variable */
    return (char *)at;
}

static void *books_take(size_t size)
{
    top -= size;
    memset(top, 0, size);
    return top;
}

int mm_init(void)
{
    top = (char *)((uintptr_t)grow_stack() & ~(uintptr_t)15);
    return books_init();
}
