/*
 * harm.replaces-the-worker.c - puts a worker of its own in the place of the
 * judge's, by a rename: the next trace and the next student get it.
 *
 * Now: nothing of the lab can be written to.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* before: it changed release/worker; no report */
#include "harm.h"
#include "judge_view.h"

#include <sys/stat.h>

static void harm(void)
{
    char path[4200], mine[4200];

    snprintf(path, sizeof path, "%s/worker", find_build());
    snprintf(mine, sizeof mine, "%s/worker.new", find_build());
    FILE *file = path[1] == 't' ? fopen(mine, "w") : NULL;
    if (!file)
        return;
    fputs("#!/bin/sh\nexit 0\n", file);
    fclose(file);
    chmod(mine, 0755);
    rename(mine, path);
}
