/*
 * harm.kills-its-siblings.c - kills all other children of the judge: libc's
 * worker, or those of other traces.
 *
 * Now: kill is refused, and there are no other processes to be seen.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* options: --jobs 3 */
/* before: - */
#include "harm.h"
#include "judge_view.h"

#include <dirent.h>
#include <signal.h>
#include <stdlib.h>

static int is_sibling(int pid, pid_t judge)
{
    char path[64], text[512] = "";
    int parent = 0;

    snprintf(path, sizeof path, "/proc/%d/stat", pid);
    FILE *file = fopen(path, "r");
    const char *end = file && fgets(text, sizeof text, file)
                          ? strrchr(text, ')')
                          : NULL;
    if (file)
        fclose(file);
    return end && sscanf(end + 4, "%d", &parent) == 1 && parent == judge;
}

static void harm(void)
{
    pid_t judge = find_judge();
    DIR *all = opendir("/proc");

    for (struct dirent *e; judge && all && (e = readdir(all));) {
        int pid = atoi(e->d_name);

        if (pid > 0 && pid != getpid() && is_sibling(pid, judge))
            kill(pid, SIGKILL);
    }
}
