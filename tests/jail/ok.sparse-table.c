/*
 * A table of a mebibyte, of which a page is used. Must be found: ok, and only
 * pages that are touched count.
 */
/* trace: mixed.rep */
/* counts: 1 12288 */
#define OWN_MALLOC
#include "../bad/sound.h"

static char table[1 << 20];

void *mm_malloc(size_t size)
{
    table[(1 << 19) + size % 4096]++;
    return sound_malloc(size);
}
