/*
 * memalign is malloc under another name. Must be found: misaligned, at the
 * first aligned request that does not have luck.
 */
/* trace: memalign.rep */
/* expect: memalign.rep:\d+ */
#define OWN_MEMALIGN
#include "sound.h"

void *mm_memalign(size_t align, size_t size)
{
    (void)align;
    return sound_malloc(size);
}
