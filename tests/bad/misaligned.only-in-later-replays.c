/*
 * Payloads start 8 bytes behind a multiple of 16, but not in the first
 * replay. Must be found: misaligned.
 */
/* trace: small.rep */
#define OWN_INIT
#define OWN_MALLOC
#define OWN_FREE
#include "sound.h"

static int replays;

int mm_init(void)
{
    replays++;
    return sound_init();
}

void *mm_malloc(size_t size)
{
    char *payload = sound_malloc(size + 8);

    return payload && replays > 1 ? payload + 8 : payload;
}

void mm_free(void *ptr)
{
    sound_free(ptr ? (void *)((uintptr_t)ptr & ~(uintptr_t)15) : NULL);
}
