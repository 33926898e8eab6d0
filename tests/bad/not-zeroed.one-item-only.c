/*
 * calloc clears size bytes where it should clear count * size. Must be found:
 * not-zeroed.
 */
/* trace: calloc.rep */
/* expect: calloc.rep:\d+ */
#define OWN_CALLOC
#include "sound.h"

void *mm_calloc(size_t count, size_t size)
{
    void *payload = sound_malloc(count * size);

    return payload ? memset(payload, 0, size) : NULL;
}
