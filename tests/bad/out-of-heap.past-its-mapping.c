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
    size_t page = mem_pagesize();

    return size > page ? mem_map(size - page) : sound_malloc(size);
}
