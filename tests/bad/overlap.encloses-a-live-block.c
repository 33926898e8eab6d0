/*
 * Takes a free block whatever its size, so that a larger one reaches around
 * the live block behind it: neither end of the new block lies in an old one.
 * Must be found: overlap.
 */
/* trace: enclose.rep */
/* expect: enclose.rep:9\b */
/* expect: enclose.rep:6\b */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    struct block *b = free_list;

    if (!b || payload_of(b) + size > heap_end())
        return sound_malloc(size);
    free_list = b->next_free;
    return payload_of(b);
}
