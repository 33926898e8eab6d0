/*
 * realloc takes the header for a part of the payload's size and copies 16
 * bytes too few. Must be found: data-lost.
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
    memcpy(moved, ptr, old - sizeof(struct block));
    sound_free(ptr);
    return moved;
}
