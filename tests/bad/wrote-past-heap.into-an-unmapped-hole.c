/*
 * Writes into a mapping that it has given back, between two that it keeps.
 * Must be found: wrote-past-heap.
 */
/* trace: small.rep */
#define OWN_INIT
#define OWN_FREE
#include "sound.h"

static char *hole;

int mm_init(void)
{
    hole = mem_map(3 * mem_pagesize());
    if (!hole)
        return -1;
    hole += mem_pagesize();
    mem_unmap(hole, mem_pagesize());
    return sound_init();
}

void mm_free(void *ptr)
{
    hole[100] = 1;
    sound_free(ptr);
}
