/*
 * output.a-gigabyte.c - prints without end, on one line.
 *
 * Now: output is cut, and a hand-in that only prints uses up its time.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* before: stderr has 3 MB */
#include "harm.h"

#include <stdio.h>
#include <string.h>

static void harm(void)
{
    static char line[1000];

    memset(line, 'x', sizeof line - 1);
    for (int i = 0; i < 1 << 20; i++)
        fputs(line, stdout);
}
