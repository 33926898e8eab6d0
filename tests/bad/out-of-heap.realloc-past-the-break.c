/*
 * realloc grows the heap's last block and does not move the break. Must be
 * found: out-of-heap.
 */
/* trace: realloc.rep */
/* expect: realloc.rep:\d+ */
#define OWN_REALLOC
#include "sound.h"

void *mm_realloc(void *ptr, size_t size)
{
    return block_after(block_of(ptr)) ? sound_realloc(ptr, size) : ptr;
}
