/*
 * Blocks lie below mem_heap_lo(). Must be found: out-of-heap.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:5\b */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    return (char *)mem_heap_lo() - 4096 - round_up(size);
}
