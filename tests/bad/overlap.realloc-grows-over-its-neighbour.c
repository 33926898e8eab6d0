/*
 * realloc grows in place wherever the heap does not end, with no look at what
 * lies there. Must be found: overlap.
 */
/* trace: realloc.rep */
/* expect: realloc.rep:\d+ */
#define OWN_REALLOC
#include "sound.h"

void *mm_realloc(void *ptr, size_t size)
{
    if ((char *)ptr + size <= heap_end())
        return ptr;
    return sound_realloc(ptr, size);
}
