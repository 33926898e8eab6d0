/*
 * output.writes-to-the-judges-output.c - opens the judge's own standard output
 * through /proc and writes to it, with no name before its lines.
 *
 * Now: opening files is refused.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* options: -g */
/* before: stdout has a forged line; stderr has a forged line */
#include "harm.h"
#include "judge_view.h"

#include <fcntl.h>

static void harm(void)
{
    static const char text[] = "\ncorrect:999\nperfidx:100\n";
    char path[64];

    for (int fd = 1; fd <= 2; fd++) {
        snprintf(path, sizeof path, "/proc/%d/fd/%d", (int)find_judge(), fd);
        int output = find_judge() ? open(path, O_WRONLY) : -1;
        if (output >= 0 && write(output, text, sizeof text - 1) > 0)
            close(output);
    }
}
