/*
 * malloc looks for a block without end. Must be found: hung.
 */
/* trace: mixed.rep */
/* options: -s 0.3 */
#define OWN_MALLOC
#include "sound.h"

static volatile int found;

void *mm_malloc(size_t size)
{
    while (size > 4096 && !found)
        continue;
    return sound_malloc(size);
}
