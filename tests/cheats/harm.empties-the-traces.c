/*
 * harm.empties-the-traces.c - makes every trace of the lab a trace of two
 * operations.
 *
 * Now: nothing of the lab can be written to.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* before: it changed traces; no report */
#include "harm.h"
#include "judge_view.h"

static void harm(void)
{
    static const char *const names[] = {"small", "mixed", "realloc"};
    char path[4200];

    for (int i = 0; i < 3; i++) {
        snprintf(path, sizeof path, "%s/../../traces/%s.rep", find_build(),
                 names[i]);
        FILE *file = path[1] == 't' ? fopen(path, "r+") : NULL;
        if (!file)
            continue;
        fputs("100\n1\n2\n1\na 0 16\nf 0\n", file);
        if (fflush(file) != 0 || ftruncate(fileno(file), ftell(file)) != 0)
            return;
        fclose(file);
    }
}
