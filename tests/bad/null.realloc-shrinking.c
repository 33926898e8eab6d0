/*
 * realloc returns NULL where it should shrink a block. Must be found: null.
 */
/* trace: realloc.rep */
/* expect: realloc.rep:\d+ */
#define OWN_REALLOC
#include "sound.h"

void *mm_realloc(void *ptr, size_t size)
{
    return block_of(ptr)->size > size + 64 ? NULL : sound_realloc(ptr, size);
}
