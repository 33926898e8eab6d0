/*
 * endless.fills-the-disk.c - writes files into the folder for temporary files,
 * and leaves them.
 *
 * Now: no file can be opened.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* before: it changed scratch */
#include "harm.h"

#include <stdio.h>
#include <stdlib.h>

static void harm(void)
{
    const char *folder = getenv("TMPDIR");
    char path[4096], part[4096] = "rubbish";

    for (int i = 0; i < 4; i++) {
        snprintf(path, sizeof path, "%s/rubbish-%d", folder ? folder : "/tmp",
                 i);
        FILE *file = fopen(path, "w");
        for (int k = 0; file && k < 256; k++)
            fwrite(part, 1, sizeof part, file);
        if (file)
            fclose(file);
    }
}
