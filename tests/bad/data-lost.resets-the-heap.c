/*
 * Calls mem_reset_brk, which is the driver's to call, to make its footprint
 * small again: the live blocks are gone. Must be found: data-lost.
 */
/* trace: small.rep */
/* expect: small.rep:\d+ */
#define OWN_FREE
#include "sound.h"

void mm_free(void *ptr)
{
    size_t size = mem_heapsize();

    sound_free(ptr);
    mem_reset_brk();
    free_list = NULL;
    mem_sbrk((intptr_t)size);
}
