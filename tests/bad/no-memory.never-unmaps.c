/*
 * Large blocks get a mapping each, and nobody gives it back. Must be found:
 * no-memory.
 */
/* trace: mixed.rep */
/* options: --heap-limit 768K */
/* expect: mixed.rep:\d+ */
#define OWN_MALLOC
#define OWN_FREE
#include "sound.h"

void *mm_malloc(size_t size)
{
    struct block *b;

    if (size < 8192)
        return sound_malloc(size);
    b = mem_map(sizeof *b + size);
    if (!b)
        return NULL;
    b->size = round_up(size);
    return payload_of(b);
}

void mm_free(void *ptr)
{
    if ((char *)ptr < heap_end())
        sound_free(ptr);
}
