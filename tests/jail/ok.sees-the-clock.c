/*
 * Looks at clocks and at random numbers. Must be found: ok.
 */
/* trace: mixed.rep */
/* counts: 0 0 */
#define OWN_MALLOC
#define _GNU_SOURCE
#include "../bad/sound.h"

#include <sched.h>
#include <stdlib.h>
#include <sys/random.h>
#include <sys/resource.h>
#include <sys/time.h>
#include <unistd.h>

void *mm_malloc(size_t size)
{
    struct timeval now;
    struct rusage usage;
    unsigned number;

    gettimeofday(&now, NULL);
    getrusage(RUSAGE_SELF, &usage);
    if (getrandom(&number, sizeof number, 0) < 0 || sysconf(_SC_PAGESIZE) < 0)
        abort();
    sched_yield();
    return sound_malloc(size);
}
