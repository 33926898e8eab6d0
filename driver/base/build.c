/*
 * build.c - the Makefile sets the constants; the kernel knows the path of the
 * executable.
 */
#define _GNU_SOURCE
#include "build.h"

#include "fatal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

const char *const build_mode = BUILD_MODE, *const build_version = LAB_VERSION;
const int build_worker_bits = WORKER_BITS;
const bool build_worker_is_foreign = WORKER_FOREIGN;

const char *build_directory(void)
{
    static char *path;

    if (path)
        return path;
    path = realpath("/proc/self/exe", NULL);
    if (!path) /* /proc is not mounted */
        path = realpath((const char *)getauxval(AT_EXECFN), NULL);
    char *slash = path ? strrchr(path, '/') : NULL;
    if (slash)
        *slash = '\0';
    else
        path = check_alloc(strdup("."));
    return path;
}
