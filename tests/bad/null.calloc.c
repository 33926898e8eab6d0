/*
 * calloc returns NULL for more than 1000 bytes. Must be found: null.
 */
/* trace: calloc.rep */
/* expect: calloc.rep:\d+ */
#define OWN_CALLOC
#include "sound.h"

void *mm_calloc(size_t count, size_t size)
{
    return count * size > 1000 ? NULL : sound_calloc(count, size);
}
