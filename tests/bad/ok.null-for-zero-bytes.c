/*
 * malloc(0) returns NULL, which it may. Must be found: ok.
 */
/* trace: edge.rep mixed.rep */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    return size == 0 ? NULL : sound_malloc(size);
}
