/*
 * Writes past the break, but not in the first replay. Must be found:
 * wrote-past-heap.
 */
/* trace: small.rep */
#define OWN_INIT
#define OWN_FREE
#include "sound.h"

static int replays;

int mm_init(void)
{
    replays++;
    return sound_init();
}

void mm_free(void *ptr)
{
    if (replays > 1)
        heap_end()[100] = 1;
    sound_free(ptr);
}
