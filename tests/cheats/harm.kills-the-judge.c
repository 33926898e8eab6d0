/*
 * harm.kills-the-judge.c - sends its parent SIGKILL: there is no verdict, and
 * no report.
 *
 * Now: kill is refused.
 */
/* honest: twin.sound */
/* expect: tampered|exited|crashed */
/* before: the judge ended with 137; no report */
#include "harm.h"
#include "judge_view.h"

#include <signal.h>

static void harm(void)
{
    pid_t judge = find_judge();

    if (judge)
        kill(judge, SIGKILL);
    _exit(3);
}
