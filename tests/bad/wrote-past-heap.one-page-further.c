/*
 * Writes a page past the break. Must be found: wrote-past-heap.
 */
/* trace: small.rep */
#define OWN_FREE
#include "sound.h"

void mm_free(void *ptr)
{
    heap_end()[4096 + 123] = 1;
    sound_free(ptr);
}
