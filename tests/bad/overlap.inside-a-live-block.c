/*
 * Small blocks are carved out of the middle of a large one that is in use.
 * Must be found: overlap.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
#define OWN_INIT
#define OWN_MALLOC
#define OWN_FREE
#include "sound.h"

static char *large;

int mm_init(void)
{
    large = NULL;
    return sound_init();
}

void *mm_malloc(size_t size)
{
    if (large && size < 100)
        return large + 2048;
    char *payload = sound_malloc(size);
    if (size > 4096)
        large = payload;
    return payload;
}

void mm_free(void *ptr)
{
    if (ptr == large)
        large = NULL;
    sound_free(ptr);
}
