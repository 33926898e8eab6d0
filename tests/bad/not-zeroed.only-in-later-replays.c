/*
 * calloc clears in the first replay and never again. Must be found:
 * not-zeroed.
 */
/* trace: calloc.rep */
#define OWN_INIT
#define OWN_CALLOC
#include "sound.h"

static int replays;

int mm_init(void)
{
    replays++;
    return sound_init();
}

void *mm_calloc(size_t count, size_t size)
{
    if (replays == 1)
        return sound_calloc(count, size);
    return sound_malloc(count * size);
}
