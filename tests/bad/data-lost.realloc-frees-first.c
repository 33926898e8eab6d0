/*
 * realloc frees the old block, whose first word becomes a link, and copies
 * only then. Must be found: data-lost.
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
    *(void **)ptr = free_list;
    sound_free(ptr);
    void *moved = sound_malloc(size);
    return moved ? memcpy(moved, ptr, old) : NULL;
}
