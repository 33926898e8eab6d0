/*
 * Remembers in a static variable where the next block goes, and forgets it in
 * no mm_init. Must be found: out-of-heap, in the second replay.
 */
/* trace: small.rep */
#define OWN_MALLOC
#include "sound.h"

static char *next;

void *mm_malloc(size_t size)
{
    size_t room = sizeof(struct block) + round_up(size);

    if (mem_sbrk((intptr_t)room) == (void *)-1)
        return NULL;
    if (!next)
        next = mem_heap_lo();
    struct block *b = (struct block *)next;
    b->size = round_up(size);
    next += room;
    return payload_of(b);
}
