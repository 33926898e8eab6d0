/*
 * malloc overwrites its caller's frame, and is aborted. So the calls that led
 * there cannot be found. Must be found: crashed.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
/* expect: SIGABRT */
#define OWN_MALLOC
#include "sound.h"

#include <stdlib.h>

__attribute__((noinline)) static void overwrite(volatile size_t *word)
{
    for (int i = 0; i < 200; i++)
        word[i] = 0x5555;
    abort();
}

void *mm_malloc(size_t size)
{
    volatile size_t local = size;

    overwrite(&local);
    return NULL;
}
