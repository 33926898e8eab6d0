/*
 * build.c - the kernel knows the path of the executable.
 */
#define _GNU_SOURCE
#include "build.h"

#include "fatal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/auxv.h>

const char *build_mode(void)
{
#ifdef BUILD_MODE
    return BUILD_MODE;
#else
    return "unknown";
#endif
}

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
