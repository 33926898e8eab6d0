/*
 * memalign steps to the next aligned address and has no room for the step.
 * Must be found: out-of-heap.
 */
/* trace: memalign.rep */
/* expect: memalign.rep:\d+ */
#define OWN_MEMALIGN
#include "sound.h"

void *mm_memalign(size_t align, size_t size)
{
    char *payload = sound_malloc(size);

    return payload + (0 - (uintptr_t)payload) % align;
}
