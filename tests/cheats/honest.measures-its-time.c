/*
 * honest.measures-its-time.c - a student looks at the clock in every call, and
 * keeps the longest time.
 */
#define OWN_MALLOC
#include "sound.h"

#include <time.h>

static clock_t longest;

void *mm_malloc(size_t size)
{
    clock_t start = clock();
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    void *p = sound_malloc(size);
    if (clock() - start > longest)
        longest = clock() - start;
    return p;
}
