/*
 * Hides its footprint: lowers the break by what a large block takes, and goes
 * on using it. Must be found: out-of-heap.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    char *payload = sound_malloc(size);

    if (size > 8192 && payload && !block_after(block_of(payload)))
        mem_sbrk(payload - heap_end());
    return payload;
}
