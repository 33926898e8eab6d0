/*
 * calloc clears in words of 8 bytes and leaves the last bytes of an odd size.
 * Must be found: not-zeroed.
 */
/* trace: calloc.rep */
/* expect: calloc.rep:\d+ */
#define OWN_CALLOC
#include "sound.h"

void *mm_calloc(size_t count, size_t size)
{
    void *payload = sound_malloc(count * size);

    return payload ? memset(payload, 0, count * size / 8 * 8) : NULL;
}
