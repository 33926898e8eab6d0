/*
 * Small blocks come from an array of its own, for which it asks nobody. Must
 * be found: out-of-heap.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:5\b */
#define OWN_MALLOC
#include "sound.h"

static _Alignas(ALIGNMENT) char own[1 << 20];
static size_t used;

void *mm_malloc(size_t size)
{
    if (size > 1000 || size > sizeof own - used)
        return sound_malloc(size);
    used += round_up(size);
    return own + used - round_up(size);
}
