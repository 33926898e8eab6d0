/*
 * malloc returns NULL, whatever it is asked for. Must be found: null, for
 * nearly all of the memory is left.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:5\b */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    (void)size;
    return NULL;
}
