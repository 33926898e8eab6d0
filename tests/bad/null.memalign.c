/*
 * memalign knows no alignment above 4096. Must be found: null.
 */
/* trace: memalign.rep */
/* expect: memalign.rep:\d+ */
#define OWN_MEMALIGN
#include "sound.h"

void *mm_memalign(size_t align, size_t size)
{
    return align > 4096 ? NULL : sound_memalign(align, size);
}
