/*
 * realloc, moving a block to a smaller place, copies one byte too few. Must
 * be found: data-lost.
 */
/* trace: realloc.rep */
/* expect: realloc.rep:\d+ */
#define OWN_REALLOC
#include "sound.h"

void *mm_realloc(void *ptr, size_t size)
{
    void *moved;

    if (block_of(ptr)->size < size)
        return sound_realloc(ptr, size);
    moved = sound_malloc(size);
    if (!moved)
        return NULL;
    memcpy(moved, ptr, size - 1);
    sound_free(ptr);
    return moved;
}
