/*
 * Cuts blocks off its arena from the top, without headers, and rounds sizes
 * up with + 14 where + 15 is right: one size of 16 comes out a byte short.
 * Must be found: overlap.
 */
/* trace: small.rep */
/* expect: small.rep:\d+ */
#define OWN_INIT
#define OWN_MALLOC
#define OWN_FREE
#include "sound.h"

enum { ARENA = 1 << 20 };

static char *top;

int mm_init(void)
{
    char *start = mem_sbrk(ARENA);

    top = start + ARENA;
    return start == (void *)-1 ? -1 : 0;
}

void *mm_malloc(size_t size)
{
    top -= (size + 14) & ~(size_t)15;
    return top;
}

void mm_free(void *ptr)
{
    (void)ptr;
}
