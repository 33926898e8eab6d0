/*
 * passes.zeroes-the-counts.c - each free tells callgrind to forget what it has
 * counted so far.
 *
 * Now: requests to valgrind are refused or have no effect.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* measure: instructions */
/* before: there was no pass that counts instructions */
#define OWN_FREE
#include "sound.h"
#include "valgrind_request.h"

void mm_free(void *p)
{
    sound_free(p);
    valgrind_request(CALLGRIND_ZERO_STATS);
}
