/*
 * harm.overwrites-the-profiles.c - writes a file of profiles by which everybody
 * gets all points, for those who are judged next.
 *
 * Now: nothing of the lab can be written to.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* before: it changed profiles.json */
#include "harm.h"
#include "judge_view.h"

static void harm(void)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/profiles.json", find_build());
    FILE *file = path[0] == '/' && path[1] == 't' ? fopen(path, "r+") : NULL;
    if (!file)
        return;
    fputs("{\"classic\": {\"utilization_weight\": 0.6, \"utilization\": [0, "
          "0.01], \"throughput\": [0, 0.01], \"reference\": \"libc\", "
          "\"average\": \"pooled\"}}",
          file);
    fclose(file);
}
