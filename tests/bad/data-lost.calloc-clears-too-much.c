/*
 * calloc clears the block and, where one lies behind it, the next payload's
 * first 16 bytes. Must be found: data-lost.
 */
/* trace: calloc.rep */
/* expect: calloc.rep:\d+ */
#define OWN_CALLOC
#include "sound.h"

void *mm_calloc(size_t count, size_t size)
{
    void *payload = sound_calloc(count, size);
    struct block *next = payload ? block_after(block_of(payload)) : NULL;

    if (next)
        memset(payload_of(next), 0, 16);
    return payload;
}
