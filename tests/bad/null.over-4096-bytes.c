/*
 * A request for more than a page is refused. Must be found: null.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    return size > 4096 ? NULL : sound_malloc(size);
}
