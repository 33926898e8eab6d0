/*
 * Overlaps in the even replays only, and there only once. Must be found:
 * overlap.
 */
/* trace: small.rep */
#define OWN_INIT
#define OWN_MALLOC
#define OWN_FREE
#include "sound.h"

static int replays, frees;
static void *last;

int mm_init(void)
{
    replays++;
    frees = 0;
    last = NULL;
    return sound_init();
}

void *mm_malloc(size_t size)
{
    void *twice = last;

    if (replays % 2 == 0 && frees > 50 && last &&
        block_of(last)->size >= size) {
        frees = -1000;
        last = NULL;
        return twice;
    }
    return last = sound_malloc(size);
}

void mm_free(void *ptr)
{
    frees++;
    if (ptr == last)
        last = NULL;
    if (frees > 0)
        sound_free(ptr);
}
