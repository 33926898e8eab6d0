/*
 * Payloads start 8 bytes behind a multiple of 16. Must be found: misaligned,
 * at the first request.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:5\b */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    return (char *)sound_malloc(size + 8) + 8;
}
