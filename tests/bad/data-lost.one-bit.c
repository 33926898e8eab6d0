/*
 * One bit of one block is flipped, once in a replay. Must be found:
 * data-lost.
 */
/* trace: small.rep */
/* expect: small.rep:\d+ */
#define OWN_INIT
#define OWN_MALLOC
#define OWN_FREE
#include "sound.h"

static int requests;
static char *last;

int mm_init(void)
{
    requests = 0;
    last = NULL;
    return sound_init();
}

void *mm_malloc(size_t size)
{
    if (++requests >= 100 && last) {
        last[7] ^= 0x10;
        requests = 0;
    }
    return last = sound_malloc(size);
}

void mm_free(void *ptr)
{
    if (ptr == last)
        last = NULL;
    sound_free(ptr);
}
