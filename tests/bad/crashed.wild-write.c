/*
 * free follows a link that was never set, to an address that nothing is
 * mapped at. Must be found: crashed.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
#define OWN_FREE
#include "sound.h"

static volatile uintptr_t wild = 0x1000 - 16;

void mm_free(void *ptr)
{
    ((struct block *)wild)->next_free = block_of(ptr);
}
