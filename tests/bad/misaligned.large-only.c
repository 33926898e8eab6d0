/*
 * Blocks over 64 KiB start 8 bytes behind a multiple of 16, all others at
 * one. Must be found: misaligned.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    if (size <= 65536)
        return sound_malloc(size);
    return (char *)sound_malloc(size + 8) + 8;
}
