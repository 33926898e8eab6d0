/*
 * judge_view.h - the judge, as its worker sees it: the parent process. 0 where
 * the parent is no judge, so that no other process is ever harmed.
 */
#ifndef JUDGE_VIEW_H
#define JUDGE_VIEW_H

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static inline pid_t find_judge(void)
{
    char path[64], name[32] = "";
    pid_t parent = getppid();

    snprintf(path, sizeof path, "/proc/%d/comm", (int)parent);
    FILE *file = fopen(path, "r");
    if (!file)
        return 0;
    if (!fgets(name, sizeof name, file))
        name[0] = '\0';
    fclose(file);
    return strncmp(name, "mdriver", 7) == 0 ? parent : 0;
}

/* The folder of the build that judges, "" if unknown. */
static inline const char *find_build(void)
{
    static char folder[4096];
    char path[64];

    snprintf(path, sizeof path, "/proc/%d/exe", (int)find_judge());
    ssize_t length = readlink(path, folder, sizeof folder - 64);
    folder[length > 0 ? length : 0] = '\0';
    char *slash = strrchr(folder, '/');
    if (slash)
        *slash = '\0';
    /* The copy for this test, never somebody's lab. */
    return strstr(folder, "/cheats-") ? folder : "";
}

#endif
