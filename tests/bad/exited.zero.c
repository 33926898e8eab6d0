/*
 * The third malloc calls exit(0), as if all had gone well. Must be found:
 * exited.
 */
/* trace: mixed.rep */
#define OWN_MALLOC
#include "sound.h"

#include <stdlib.h>

void *mm_malloc(size_t size)
{
    static int calls;

    if (++calls == 3)
        exit(0);
    return sound_malloc(size);
}
