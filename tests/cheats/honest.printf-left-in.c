/*
 * honest.printf-left-in.c - prints a line for each request, as when it was
 * written: it is slow, and right.
 */
#define OWN_MALLOC
#include "sound.h"

#include <stdio.h>

void *mm_malloc(size_t size)
{
    void *p = sound_malloc(size);

    printf("mm_malloc(%zu) = %p\n", size, p);
    return p;
}
