/*
 * Keeps a table in the middle of the address space reserved for the heap,
 * where it is not counted. Must be found: wrote-past-heap.
 */
/* trace: small.rep */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    size_t *table = (size_t *)((char *)mem_heap_lo() + (512 << 20));

    table[size]++;
    return sound_malloc(size);
}
