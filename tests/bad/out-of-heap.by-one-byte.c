/*
 * A block that is a multiple of 16 bytes long ends one byte past the break.
 * Must be found: out-of-heap.
 */
/* trace: small.rep */
/* expect: small.rep:\d+ */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    char *payload = sound_malloc(size);

    if (size % ALIGNMENT == 0 && payload + size == heap_end())
        mem_sbrk(-1);
    return payload;
}
