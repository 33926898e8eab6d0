/*
 * malloc divides by zero. Must be found: crashed.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
/* expect: SIGFPE */
#define OWN_MALLOC
#include "sound.h"

#include <signal.h>

static volatile size_t bins;

void *mm_malloc(size_t size)
{
    size_t bin = size % bins;

    raise(SIGFPE); /* for processors whose division does not trap */
    return sound_malloc(size + bin);
}
