/*
 * Takes its arena in the first mm_init only, and keeps it when the heap is
 * empty again. Must be found: out-of-heap, in the second replay.
 */
/* trace: small.rep */
#define OWN_INIT
#define OWN_MALLOC
#include "sound.h"

enum { ARENA = 1 << 20 };

static char *arena;
static size_t used;

int mm_init(void)
{
    used = 0;
    if (!arena)
        arena = mem_sbrk(ARENA);
    return sound_init();
}

void *mm_malloc(size_t size)
{
    struct block *b = (struct block *)(arena + used);

    b->size = round_up(size);
    used += sizeof *b + b->size;
    return payload_of(b);
}
