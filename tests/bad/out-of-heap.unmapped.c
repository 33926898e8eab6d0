/*
 * The mapping of a large block is given back before the block is handed out.
 * Must be found: out-of-heap.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    if (size <= 8192)
        return sound_malloc(size);
    void *mapping = mem_map(size);
    mem_unmap(mapping, size);
    return mapping;
}
