/*
 * memalign takes an alignment above 4096 for 4096. Must be found:
 * misaligned.
 */
/* trace: memalign.rep */
/* expect: memalign.rep:\d+ */
#define OWN_MEMALIGN
#include "sound.h"

void *mm_memalign(size_t align, size_t size)
{
    return sound_memalign(align > 4096 ? 4096 : align, size);
}
