/*
 * honest.skip-list.c - the height of a node is random, and the generator starts
 * with the time: rand, srand and time of libc.
 */
#define OWN_INIT
#define OWN_FREE
#include "sound.h"

#include <stdlib.h>
#include <time.h>

static unsigned heights[8];

int mm_init(void)
{
    srand((unsigned)time(NULL));
    return sound_init();
}

void mm_free(void *p)
{
    unsigned height = 0;

    while (height < 7 && rand() % 2)
        height++;
    heights[height]++;
    sound_free(p);
}
