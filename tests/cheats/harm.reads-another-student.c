/*
 * harm.reads-another-student.c - prints what another student has handed in. The
 * judge relays it.
 *
 * Now: no file can be opened.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* before: stderr has what another student wrote */
#include "harm.h"

#include <stdio.h>

static void harm(void)
{
    char text[256];
    FILE *file = fopen("alice/mm.c", "r");

    while (file && fgets(text, sizeof text, file))
        fputs(text, stdout);
    if (file)
        fclose(file);
}
