/*
 * calloc is malloc: a block used before comes as it was left. Must be found:
 * not-zeroed.
 */
/* trace: calloc.rep */
/* expect: calloc.rep:\d+ */
#define OWN_CALLOC
#include "sound.h"

void *mm_calloc(size_t count, size_t size)
{
    return sound_malloc(count * size);
}
