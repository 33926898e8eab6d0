/*
 * Large blocks get a mapping that is one page too short. Must be found:
 * out-of-heap.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    return size > 8192 ? mem_map(size - 4096) : sound_malloc(size);
}
