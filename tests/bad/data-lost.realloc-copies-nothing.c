/*
 * realloc moves the block and leaves its contents behind. Must be found:
 * data-lost.
 */
/* trace: realloc.rep */
/* expect: realloc.rep:\d+ */
#define OWN_REALLOC
#include "sound.h"

void *mm_realloc(void *ptr, size_t size)
{
    void *moved = sound_malloc(size);

    if (moved)
        sound_free(ptr);
    return moved;
}
