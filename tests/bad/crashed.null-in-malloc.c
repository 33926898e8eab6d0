/*
 * malloc writes through NULL. Must be found: crashed.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
/* expect: SIGSEGV */
#define OWN_MALLOC
#include "sound.h"

static size_t *volatile nowhere;

void *mm_malloc(size_t size)
{
    if (size > 4096)
        *nowhere = size;
    return sound_malloc(size);
}
