/*
 * endless.stops-itself.c - a stopped process uses no CPU time and does not end.
 *
 * Now: time of the wall clock counts, or the call is refused.
 */
/* honest: twin.sound */
/* expect: hung|tampered */
/* before: no gain: hung */
#include "harm.h"

#include <signal.h>
#include <unistd.h>

static void harm(void)
{
    kill(getpid(), SIGSTOP);
}
