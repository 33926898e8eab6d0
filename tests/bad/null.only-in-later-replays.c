/*
 * Does the work once, and refuses every request from the second replay on:
 * nothing is faster. Must be found: null.
 */
/* trace: small.rep */
#define OWN_INIT
#define OWN_MALLOC
#include "sound.h"

static int replays;

int mm_init(void)
{
    replays++;
    return sound_init();
}

void *mm_malloc(size_t size)
{
    return replays == 1 ? sound_malloc(size) : NULL;
}
