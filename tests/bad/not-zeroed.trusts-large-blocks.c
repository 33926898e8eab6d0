/*
 * calloc takes memory over 4096 bytes for fresh from the system, which it is
 * the first time only. Must be found: not-zeroed.
 */
/* trace: calloc.rep */
/* expect: calloc.rep:\d+ */
#define OWN_CALLOC
#include "sound.h"

void *mm_calloc(size_t count, size_t size)
{
    if (count * size > 4096)
        return sound_malloc(count * size);
    return sound_calloc(count, size);
}
