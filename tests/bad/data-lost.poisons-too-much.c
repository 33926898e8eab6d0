/*
 * free poisons the block and the 32 bytes behind it: a header, restored, and
 * a live payload. Must be found: data-lost.
 */
/* trace: small.rep */
/* expect: small.rep:\d+ */
#define OWN_FREE
#include "sound.h"

void mm_free(void *ptr)
{
    struct block *next = block_after(block_of(ptr));

    memset(ptr, 0xdd, block_of(ptr)->size);
    if (next)
        memset(payload_of(next), 0xdd, 16);
    sound_free(ptr);
}
