/*
 * realloc copies a page at most. Must be found: data-lost, with the first
 * block over 4096 bytes that moves.
 */
/* trace: realloc.rep */
/* expect: realloc.rep:\d+ */
#define OWN_REALLOC
#include "sound.h"

void *mm_realloc(void *ptr, size_t size)
{
    size_t old = block_of(ptr)->size;

    if (old >= size)
        return ptr;
    void *moved = sound_malloc(size);
    if (!moved)
        return NULL;
    memcpy(moved, ptr, old < 4096 ? old : 4096);
    sound_free(ptr);
    return moved;
}
