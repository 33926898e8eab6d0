/*
 * endless.heap-events.c - moves the break up and down for ever: each time the
 * buffer of events is full, the judge has the turn, and looks at no clock.
 *
 * Now: the time limit holds, and the number of events is bounded.
 */
/* honest: twin.sound */
/* expect: hung|too-slow|tampered */
/* before: no gain: hung */
#include "harm.h"

static void harm(void)
{
    for (;;) {
        mem_sbrk(16);
        mem_sbrk(-16);
    }
}
