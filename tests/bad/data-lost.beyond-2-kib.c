/*
 * A free changes one byte, 2050 bytes into the second block of the trace: a
 * judge that compares only the first 2 KiB sees nothing. Must be found:
 * data-lost.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
/* expect: \b2050\b */
#define OWN_INIT
#define OWN_MALLOC
#define OWN_FREE
#include "sound.h"

static char *victim;

int mm_init(void)
{
    victim = NULL;
    return sound_init();
}

void *mm_malloc(size_t size)
{
    char *payload = sound_malloc(size);

    if (size == 3000 && !victim)
        victim = payload;
    return payload;
}

void mm_free(void *ptr)
{
    if (victim)
        victim[2050] ^= 1;
    victim = NULL;
    sound_free(ptr);
}
