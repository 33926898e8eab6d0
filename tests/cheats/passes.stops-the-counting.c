/*
 * passes.stops-the-counting.c - the first call tells callgrind to stop
 * instrumenting, so that what follows costs nothing.
 *
 * Now: requests to valgrind are refused or have no effect.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* measure: instructions */
/* before: there was no pass that counts instructions */
#define OWN_MALLOC
#include "sound.h"
#include "valgrind_request.h"

void *mm_malloc(size_t size)
{
    static int stopped;

    if (!stopped)
        valgrind_request(CALLGRIND_STOP_INSTRUMENTATION);
    stopped = 1;
    return sound_malloc(size);
}
