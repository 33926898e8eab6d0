/*
 * realloc moves the block and forgets the old one. Must be found: no-memory,
 * when the limit is reached.
 */
/* trace: realloc.rep */
/* options: --heap-limit 512K */
/* expect: realloc.rep:\d+ */
#define OWN_REALLOC
#include "sound.h"

void *mm_realloc(void *ptr, size_t size)
{
    void *moved = sound_malloc(size);
    size_t old = block_of(ptr)->size;

    if (moved)
        memcpy(moved, ptr, old < size ? old : size);
    return moved;
}
