/*
 * output_file.c - open, check, close.
 */
#include "output_file.h"

#include "fatal.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

static void demand(bool holds, const char *path)
{
    if (!holds)
        fatal(path, 0, "cannot write it: %s", strerror(errno));
}

bool output_is_stdout(const char *path)
{
    return path && strcmp(path, "-") == 0;
}

FILE *output_open(const char *path)
{
    if (!path)
        return NULL;
    FILE *file = output_is_stdout(path) ? stdout : fopen(path, "w");
    demand(file != NULL, path);
    return file;
}

void output_close(FILE *file, const char *path)
{
    if (!file)
        return;
    bool written = fflush(file) == 0 && !ferror(file);
    if (file != stdout)
        written = fclose(file) == 0 && written;
    demand(written, path);
}

void output_check(const char *path)
{
    if (!path || output_is_stdout(path))
        return;
    bool is_new = access(path, F_OK) != 0;
    FILE *file = fopen(path, "a");

    demand(file && fclose(file) == 0, path);
    if (is_new)
        unlink(path);
}
