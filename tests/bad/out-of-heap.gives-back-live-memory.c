/*
 * free lowers the break to the freed block, whatever lives above it. Must be
 * found: out-of-heap.
 */
/* trace: enclose.rep */
/* expect: gave back memory in which a live block is */
#define OWN_FREE
#include "sound.h"

void mm_free(void *ptr)
{
    if ((char *)ptr < heap_end())
        mem_sbrk((char *)block_of(ptr) - heap_end());
}
