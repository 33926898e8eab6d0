/*
 * Counts the headers of a free block and of the next one as room for the
 * payload, which then takes 16 bytes of the next payload. Must be found:
 * overlap.
 */
/* trace: header.rep */
/* expect: header.rep:8\b */
/* expect: header.rep:6\b */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    struct block *b = free_list;

    if (!b || b->size + 2 * sizeof *b < size)
        return sound_malloc(size);
    free_list = b->next_free;
    return payload_of(b);
}
