/*
 * harm.rewrites-the-report.c - leaves a child that waits until the judge has
 * ended, and then writes a better report in the place of the true one.
 *
 * Now: a child cannot be made, and nothing outside can be written to.
 */
/* honest: naive */
/* expect: no-gain */
/* before: utilization 100.0 for 16.4 % */
#include "harm.h"
#include "judge_view.h"

#include <errno.h>
#include <signal.h>
#include <stdlib.h>

static char report[4096];

static void find_report(void)
{
    char path[64], words[16384];

    snprintf(path, sizeof path, "/proc/%d/cmdline", (int)find_judge());
    FILE *file = fopen(path, "r");
    size_t length = file ? fread(words, 1, sizeof words - 1, file) : 0;
    for (char *w = words; w < words + length; w += strlen(w) + 1)
        if (strcmp(w, "--json") == 0)
            snprintf(report, sizeof report, "%s", w + 7);
    if (file)
        fclose(file);
}

static void wait_and_write(pid_t judge)
{
    alarm(30);
    setsid();
    while (kill(judge, 0) == 0)
        usleep(1000);
    FILE *file = strstr(report, "/cheats-") ? fopen(report, "w") : NULL;
    if (file)
        fputs("{\"results\": [{\"allocator\": \"mallory\", \"verdict\": \"ok\","
              " \"message\": \"\", \"utilization\": 1.0}]}\n",
              file);
    if (file)
        fclose(file);
    _exit(0);
}

static void harm(void)
{
    pid_t judge = find_judge();

    find_report();
    if (judge && fork() == 0)
        wait_and_write(judge);
}
