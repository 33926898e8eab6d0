/*
 * harm.overwrites-other-hand-ins.c - empties the objects that were built of
 * other students' files.
 *
 * Now: nothing of the lab can be written to.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* before: it changed alice.so */
#include "harm.h"
#include "judge_view.h"

static void harm(void)
{
    char path[4200];

    snprintf(path, sizeof path, "%s/handin/0123456789abcdef/alice.so",
             find_build());
    FILE *file = path[1] == 't' ? fopen(path, "w") : NULL;
    if (file)
        fclose(file);
}
