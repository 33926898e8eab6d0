/*
 * The request after one for 100,000 bytes changes a byte in the middle of
 * that block. Must be found: data-lost.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
/* expect: \b50001\b */
#define OWN_INIT
#define OWN_MALLOC
#include "sound.h"

static char *large;

int mm_init(void)
{
    large = NULL;
    return sound_init();
}

void *mm_malloc(size_t size)
{
    char *payload = sound_malloc(size);

    if (large)
        large[50001] ^= 1;
    large = size >= 100000 ? payload : NULL;
    return payload;
}
