/*
 * free writes a footer in front of its own header: into the last 8 bytes of
 * the payload before. Must be found: data-lost.
 */
/* trace: small.rep */
/* expect: small.rep:\d+ */
#define OWN_FREE
#include "sound.h"

void mm_free(void *ptr)
{
    struct block *b = block_of(ptr);

    if ((void *)b != mem_heap_lo())
        ((uint64_t *)b)[-1] = b->size;
    sound_free(ptr);
}
