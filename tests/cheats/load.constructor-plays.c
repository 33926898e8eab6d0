/*
 * load.constructor-plays.c - a constructor plays the worker, before the judge
 * has told anything of the hand-in: there is not even a heap.
 *
 * Now: an object with constructors is refused.
 */
/* honest: twin.sound */
/* expect: refused|load-failed|tampered */
/* before: utilization 101.2 for 37.7 % */
#include "play_bump.h"

__attribute__((constructor)) static void at_load(void)
{
    play_bump();
}

#include "sound.h"
