/*
 * malloc writes into a string constant. Must be found: crashed.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
#define OWN_MALLOC
#include "sound.h"

static const char *volatile constant = "free";

void *mm_malloc(size_t size)
{
    *(char *)(uintptr_t)constant = 'F';
    return sound_malloc(size);
}
