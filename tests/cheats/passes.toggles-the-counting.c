/*
 * passes.toggles-the-counting.c - the first call tells callgrind to stop
 * collecting; whoever toggles it by function names then starts it in between.
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
    static int toggled;

    if (!toggled)
        valgrind_request(CALLGRIND_TOGGLE_COLLECT);
    toggled = 1;
    return sound_malloc(size);
}
