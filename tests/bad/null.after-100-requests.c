/*
 * The 101st malloc and all later ones return NULL. Must be found: null.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    static int requests;

    return ++requests > 100 ? NULL : sound_malloc(size);
}
