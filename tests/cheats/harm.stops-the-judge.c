/*
 * harm.stops-the-judge.c - sends its parent SIGSTOP: it judges for ever.
 *
 * Now: kill is refused.
 */
/* honest: twin.sound */
/* expect: tampered|exited|crashed */
/* before: the judge did not end; no report */
#include "harm.h"
#include "judge_view.h"

#include <signal.h>

static void harm(void)
{
    pid_t judge = find_judge();

    if (judge)
        kill(judge, SIGSTOP);
    _exit(3);
}
