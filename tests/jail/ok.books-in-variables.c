/*
 * Writes a large table of variables. Must be found: ok, and all of it counts.
 */
/* trace: mixed.rep */
/* counts: 500000 540000 */
#define OWN_MALLOC
#include "../bad/sound.h"

static char table[512 << 10];

void *mm_malloc(size_t size)
{
    memset(table, (int)size, sizeof table);
    return sound_malloc(size);
}
