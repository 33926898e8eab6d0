/*
 * honest.lazy-initialisation.c - mm_init only notes that the heap is new; the
 * first mm_malloc makes it ready.
 */
#define OWN_INIT
#define OWN_MALLOC
#include "sound.h"

static int ready;

int mm_init(void)
{
    ready = 0;
    return 0;
}

void *mm_malloc(size_t size)
{
    if (!ready)
        ready = sound_init() == 0;
    return sound_malloc(size);
}
