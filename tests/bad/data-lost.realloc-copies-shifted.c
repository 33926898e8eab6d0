/*
 * realloc copies from 256 bytes too far on. Must be found: data-lost, also
 * where the judge's pattern repeats itself.
 */
/* trace: realloc.rep */
/* expect: realloc.rep:\d+ */
#define OWN_REALLOC
#include "sound.h"

void *mm_realloc(void *ptr, size_t size)
{
    size_t old = block_of(ptr)->size;

    if (old >= size || old < 1024)
        return sound_realloc(ptr, size);
    void *moved = sound_malloc(size);
    if (!moved)
        return NULL;
    memcpy(moved, (char *)ptr + 256, old - 256);
    sound_free(ptr);
    return moved;
}
