/*
 * Now and then a request exchanges what the two blocks before it begin with:
 * each holds a proper pattern, but the other's. Must be found: data-lost.
 */
/* trace: small.rep */
/* expect: small.rep:\d+ */
#define OWN_INIT
#define OWN_MALLOC
#define OWN_FREE
#include "sound.h"

static char *recent[2];
static int requests;

int mm_init(void)
{
    requests = 0;
    recent[0] = recent[1] = NULL;
    return sound_init();
}

void *mm_malloc(size_t size)
{
    char saved[16];

    if (++requests >= 30 && recent[0] && recent[1]) {
        memcpy(saved, recent[0], sizeof saved);
        memcpy(recent[0], recent[1], sizeof saved);
        memcpy(recent[1], saved, sizeof saved);
        requests = 0;
    }
    recent[0] = recent[1];
    return recent[1] = sound_malloc(size);
}

void mm_free(void *ptr)
{
    for (int i = 0; i < 2; i++)
        recent[i] = recent[i] == ptr ? NULL : recent[i];
    sound_free(ptr);
}
