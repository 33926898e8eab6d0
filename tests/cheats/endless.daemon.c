/*
 * endless.daemon.c - leaves a process in a session of its own, twice forked,
 * that outlives the judge.
 *
 * Now: a child cannot be made, or ends with the jail.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* before: it left processes: worker, worker, worker */
#include "harm.h"

#include <unistd.h>

static void harm(void)
{
    if (fork() != 0)
        return;
    setsid();
    if (fork() == 0)
        sleep(60);
    _exit(0);
}
