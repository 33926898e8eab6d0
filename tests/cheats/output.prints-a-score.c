/*
 * output.prints-a-score.c - prints the lines by which an autograder knows the
 * judge, to both outputs, with carriage returns before them.
 *
 * Now: what a hand-in prints stands behind its name, and is escaped.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* options: -g */
/* before: stderr has control characters, or no UTF-8 */
#include "harm.h"

#include <unistd.h>

static void harm(void)
{
    static const char text[] = "x\rcorrect:999\rperfidx:100\n"
                               "correct:999\nperfidx:100\n";

    if (write(1, text, sizeof text - 1) < 0 ||
        write(2, text, sizeof text - 1) < 0)
        _exit(1);
}
