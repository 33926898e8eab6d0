/*
 * A free at the end of the heap lowers the break, and calloc, which takes
 * fresh memory only, finds zeros there. Must be found: ok.
 */
/* trace: mixed.rep small.rep calloc.rep */
#define OWN_FREE
#define OWN_CALLOC
#include "sound.h"

void mm_free(void *ptr)
{
    if (!ptr || block_after(block_of(ptr)))
        sound_free(ptr);
    else
        mem_sbrk((char *)block_of(ptr) - heap_end());
}

void *mm_calloc(size_t count, size_t size)
{
    struct block *b = append_block(ALIGNMENT, round_up(count * size + 1));

    return b ? payload_of(b) : NULL;
}
