/*
 * endless.sleeps-in-init.c - each mm_init sleeps 0.8 seconds: less than any
 * limit, but there are many passes.
 *
 * Now: sleeping is refused, or counts against the limit of the hand-in.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* measure: instructions */
/* before: no gain: ok */
#define OWN_INIT
#include "sound.h"

#include <unistd.h>

int mm_init(void)
{
    usleep(800000);
    return sound_init();
}
