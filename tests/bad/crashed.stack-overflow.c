/*
 * malloc calls itself without end. Must be found: crashed.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
/* expect: (?i)stack */
#define OWN_MALLOC
#include "sound.h"

static volatile size_t end;

static size_t search(size_t size)
{
    volatile char frame[256];

    frame[size % sizeof frame] = 1;
    return size == end ? 0 : search(size + 16) + (size_t)frame[0];
}

void *mm_malloc(size_t size)
{
    return sound_malloc(search(size * 16 + 1));
}
