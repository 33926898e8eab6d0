/*
 * Keeps a number on the stack below its own frame from call to call. Must be
 * found: crashed.
 */
/* trace: mixed.rep */
#define OWN_MALLOC
#include "../bad/sound.h"

#include <stdlib.h>

void *mm_malloc(size_t size)
{
    volatile int *book =
        (volatile int *)((char *)__builtin_frame_address(0) - 20000);
    static int requests;

    if (requests > 0 && *book != requests)
        abort();
    *book = ++requests;
    return sound_malloc(size);
}
