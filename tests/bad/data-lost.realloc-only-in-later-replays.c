/*
 * realloc copies in the first replay and never again. Must be found:
 * data-lost.
 */
/* trace: realloc.rep */
#define OWN_INIT
#define OWN_REALLOC
#include "sound.h"

static int replays;

int mm_init(void)
{
    replays++;
    return sound_init();
}

void *mm_realloc(void *ptr, size_t size)
{
    if (replays == 1 || block_of(ptr)->size >= size)
        return sound_realloc(ptr, size);
    void *moved = sound_malloc(size);
    if (moved)
        sound_free(ptr);
    return moved;
}
