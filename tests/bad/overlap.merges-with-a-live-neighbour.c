/*
 * free takes the next block for free and merges with it. Must be found:
 * overlap, when the merged block is handed out.
 */
/* trace: small.rep */
/* expect: small.rep:\d+ */
#define OWN_FREE
#include "sound.h"

void mm_free(void *ptr)
{
    struct block *b = block_of(ptr), *next = block_after(b);

    if (next)
        b->size += sizeof *next + next->size;
    sound_free(ptr);
}
