/*
 * harm.ptraces-the-judge.c - attaches to the judge as a debugger and leaves it
 * stopped.
 *
 * Now: ptrace is refused.
 */
/* honest: twin.sound */
/* expect: tampered|crashed|exited */
/* before: the judge did not end; no report */
#include "harm.h"
#include "judge_view.h"

#include <stddef.h>
#include <sys/ptrace.h>

static void harm(void)
{
    pid_t judge = find_judge();

    if (judge && ptrace(PTRACE_ATTACH, judge, NULL, NULL) == 0)
        for (;;)
            pause();
    _exit(3);
}
