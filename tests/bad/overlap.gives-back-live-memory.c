/*
 * free lowers the break to the freed block, whatever lives above it, and the
 * next request comes to lie there. Must be found: overlap.
 */
/* trace: enclose.rep */
/* expect: enclose.rep:9\b */
#define OWN_FREE
#include "sound.h"

void mm_free(void *ptr)
{
    if ((char *)ptr < heap_end())
        mem_sbrk((char *)block_of(ptr) - heap_end());
}
