/*
 * An error code escapes as a pointer: (void *)16. Must be found: out-of-heap,
 * and the judge must not write there.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    return size > 4096 ? (void *)16 : sound_malloc(size);
}
