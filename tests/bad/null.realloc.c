/*
 * realloc returns NULL where the block would have to move. Must be found:
 * null.
 */
/* trace: realloc.rep */
/* expect: realloc.rep:\d+ */
#define OWN_REALLOC
#include "sound.h"

void *mm_realloc(void *ptr, size_t size)
{
    return block_of(ptr)->size >= size ? ptr : NULL;
}
