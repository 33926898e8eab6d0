/*
 * output.escape-sequences.c - prints sequences that move a terminal's cursor to
 * where the results are, and erase them.
 *
 * Now: control characters are escaped.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* before: stderr has control characters, or no UTF-8 */
#include "harm.h"

#include <stdio.h>

static void harm(void)
{
    for (int i = 0; i < 10; i++)
        printf("\033[1A\033[2K\033]0;100 points\007\033[8m%c", i);
    printf("\n");
}
