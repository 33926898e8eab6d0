/*
 * Places blocks one behind the other without ever asking mem_sbrk. Must be
 * found: out-of-heap.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:5\b */
#define OWN_INIT
#define OWN_MALLOC
#include "sound.h"

static size_t used;

int mm_init(void)
{
    used = 0;
    return sound_init();
}

void *mm_malloc(size_t size)
{
    char *payload = (char *)mem_heap_lo() + used;

    used += round_up(size);
    return payload;
}
