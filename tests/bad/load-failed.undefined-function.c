/*
 * Calls a function that nobody defines. Must be found: load-failed, when it
 * is loaded and not at the first call.
 */
/* trace: mixed.rep */
/* expect: coalesce_lazily */
#define OWN_FREE
#include "sound.h"

void coalesce_lazily(void *ptr);

void mm_free(void *ptr)
{
    coalesce_lazily(ptr);
    sound_free(ptr);
}
