/*
 * harm.kills-its-siblings.c - kills all other children of the judge: libc's
 * worker, or those of other traces.
 *
 * Now: kill is refused, and there are no other processes to be seen.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* options: --jobs 3 */
/* before: workers of other traces crashed */
#include "harm.h"
#include "judge_view.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>

/* Only workers of this test's copy of the lab. */
static int is_worker(int pid)
{
    char path[64], program[4200], wanted[4200];

    snprintf(path, sizeof path, "/proc/%d/exe", pid);
    ssize_t length = readlink(path, program, sizeof program - 1);
    program[length > 0 ? length : 0] = '\0';
    snprintf(wanted, sizeof wanted, "%s/worker", find_build());
    return wanted[0] == '/' && wanted[1] == 't' && strcmp(program, wanted) == 0;
}

static void kill_siblings(void)
{
    DIR *all = opendir("/proc");

    for (struct dirent *e; all && (e = readdir(all));) {
        int pid = atoi(e->d_name);

        if (pid > 0 && pid != getpid() && is_worker(pid))
            kill(pid, SIGKILL);
    }
    if (all)
        closedir(all);
}

static void harm(void)
{
    for (int i = 0; i < 100; i++) {
        kill_siblings();
        usleep(3000);
    }
}
