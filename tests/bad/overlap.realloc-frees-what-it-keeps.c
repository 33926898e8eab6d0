/*
 * realloc lists the block as free although it returns it. Must be found:
 * overlap, when the next request gets the same block.
 */
/* trace: realloc.rep */
/* expect: realloc.rep:\d+ */
#define OWN_REALLOC
#include "sound.h"

void *mm_realloc(void *ptr, size_t size)
{
    void *result = sound_realloc(ptr, size);

    if (result == ptr)
        sound_free(ptr);
    return result;
}
