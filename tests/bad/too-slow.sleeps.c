/*
 * Every malloc takes 20 ms, and each returns. Must be found: too-slow.
 */
/* trace: small.rep */
/* options: -s 0.3 */
#define OWN_MALLOC
#include "sound.h"

#include <time.h>

void *mm_malloc(size_t size)
{
    nanosleep(&(struct timespec){.tv_nsec = 20000000}, NULL);
    return sound_malloc(size);
}
