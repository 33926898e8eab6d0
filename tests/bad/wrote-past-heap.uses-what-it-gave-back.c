/*
 * Lowers the break under its free blocks and keeps them on the list, links
 * and all. Must be found: wrote-past-heap.
 */
/* trace: small.rep */
#define OWN_FREE
#include "sound.h"

void mm_free(void *ptr)
{
    struct block *b = block_of(ptr);

    if (!block_after(b))
        mem_sbrk((char *)b - heap_end());
    b->next_free = NULL;
    b->size = 1;
}
