/*
 * Payloads start at odd addresses. Must be found: misaligned.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:5\b */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    return (char *)sound_malloc(size + 1) + 1;
}
