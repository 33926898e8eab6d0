/*
 * load.destructor.c - exits in mm_malloc; a destructor then prints a score, and
 * ends the process with status 0.
 *
 * Now: an object with destructors is refused.
 */
/* honest: twin.sound */
/* expect: refused|load-failed|tampered|exited */
/* options: -g */
/* before: no gain: exited */
#include "harm.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

__attribute__((destructor)) static void at_end(void)
{
    printf("correct:999\nperfidx:100\n");
    fflush(stdout);
    _exit(0);
}

static void harm(void)
{
    exit(0);
}
