/*
 * The first free changes a byte of the first block, which the trace neither
 * frees nor resizes: only a look at the end shows it. Must be found:
 * data-lost.
 */
/* trace: mixed.rep */
/* expect: mixed.rep */
#define OWN_INIT
#define OWN_MALLOC
#define OWN_FREE
#include "sound.h"

static char *first;
static int requests;

int mm_init(void)
{
    requests = 0;
    return sound_init();
}

void *mm_malloc(size_t size)
{
    char *payload = sound_malloc(size);

    if (requests++ == 0)
        first = payload;
    return payload;
}

void mm_free(void *ptr)
{
    if (first)
        first[20] ^= 1;
    first = NULL;
    sound_free(ptr);
}
