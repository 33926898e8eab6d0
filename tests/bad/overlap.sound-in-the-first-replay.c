/*
 * Counts its mm_inits: the first replay is sound, and from the second on the
 * same block answers every request. Must be found: overlap.
 */
/* trace: small.rep */
#define OWN_INIT
#define OWN_MALLOC
#define OWN_FREE
#include "sound.h"

static int replays;
static void *same;

int mm_init(void)
{
    replays++;
    same = NULL;
    return sound_init();
}

void *mm_malloc(size_t size)
{
    if (replays == 1)
        return sound_malloc(size);
    if (!same)
        same = sound_malloc(4096);
    return same;
}

void mm_free(void *ptr)
{
    if (ptr != same)
        sound_free(ptr);
}
