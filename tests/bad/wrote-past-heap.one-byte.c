/*
 * Ends every block with a byte of its own, the last one's just past the
 * break. Must be found: wrote-past-heap.
 */
/* trace: enclose.rep */
#define OWN_FREE
#include "sound.h"

void mm_free(void *ptr)
{
    if (!block_after(block_of(ptr)))
        payload_of(block_of(ptr))[block_of(ptr)->size] = (char)0xff;
    sound_free(ptr);
}
