/*
 * free clears the block and 16 bytes more, the header of its neighbour, whose
 * realloc then finds nothing to copy. Must be found: data-lost.
 */
/* trace: realloc.rep */
/* expect: realloc.rep:\d+ */
#define OWN_FREE
#include "sound.h"

void mm_free(void *ptr)
{
    struct block *b = block_of(ptr);
    size_t size = b->size;

    memset(ptr, 0, size + (block_after(b) ? sizeof *b : 0));
    sound_free(ptr);
}
