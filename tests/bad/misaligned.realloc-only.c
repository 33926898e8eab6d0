/*
 * realloc returns a payload 8 bytes behind a multiple of 16 where it moves a
 * block. Must be found: misaligned.
 */
/* trace: realloc.rep */
/* expect: realloc.rep:\d+ */
#define OWN_REALLOC
#include "sound.h"

void *mm_realloc(void *ptr, size_t size)
{
    char *moved;

    if (block_of(ptr)->size >= size)
        return ptr;
    moved = sound_malloc(size + 8);
    return moved ? memcpy(moved + 8, ptr, block_of(ptr)->size) : NULL;
}
