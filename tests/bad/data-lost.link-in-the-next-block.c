/*
 * free writes its link behind the block instead of into it: into the payload
 * of its neighbour. Must be found: data-lost.
 */
/* trace: small.rep */
/* expect: small.rep:\d+ */
#define OWN_FREE
#include "sound.h"

void mm_free(void *ptr)
{
    struct block *next = block_after(block_of(ptr));

    if (next)
        *(void **)payload_of(next) = ptr;
    sound_free(ptr);
}
