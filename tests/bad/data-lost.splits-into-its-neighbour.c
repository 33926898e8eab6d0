/*
 * A block that fits exactly is split all the same, and the header of the rest
 * comes to lie in the next payload. Must be found: data-lost.
 */
/* trace: small.rep */
/* expect: small.rep:\d+ */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    void *payload = sound_malloc(size);
    struct block *next = payload ? block_after(block_of(payload)) : NULL;

    if (next)
        ((struct block *)payload_of(next))->size = 0;
    return payload;
}
