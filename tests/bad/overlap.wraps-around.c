/*
 * Goes round in an arena of 16 KiB and trusts that everything at its start
 * has long been freed. Must be found: overlap, with a block that lives long.
 */
/* trace: small.rep */
/* expect: small.rep:\d+ */
#define OWN_INIT
#define OWN_MALLOC
#define OWN_FREE
#include "sound.h"

enum { ARENA = 16 * 1024 };

static char *arena;
static size_t used;

int mm_init(void)
{
    used = 0;
    arena = mem_sbrk(ARENA);
    return arena == (void *)-1 ? -1 : 0;
}

void *mm_malloc(size_t size)
{
    if (round_up(size) > ARENA - used)
        used = 0;
    used += round_up(size);
    return arena + used - round_up(size);
}

void mm_free(void *ptr)
{
    (void)ptr;
}
