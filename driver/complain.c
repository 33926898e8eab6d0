/*
 * complain.c - one clear line on stderr, then exit 2.
 */
#include "complain.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void (*complain_first)(void);

static void say_place(const char *path, unsigned long line)
{
    if (complain_first)
        complain_first();
    fflush(stdout);
    if (line > 0)
        fprintf(stderr, "%s:%lu: ", path, line);
    else
        fprintf(stderr, "%s: ", path);
}

_Noreturn void complain(const char *path, unsigned long line,
                        const char *format, ...)
{
    va_list args;

    say_place(path, line);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(EXIT_NOT_JUDGED);
}

_Noreturn void complain_usage(const char *format, ...)
{
    va_list args;

    say_place("mdriver", 0);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
    exit(EXIT_NOT_JUDGED);
}

void remark(const char *path, unsigned long line, const char *format, ...)
{
    va_list args;

    say_place(path, line);
    fputs("note: ", stderr);
    va_start(args, format);
    vfprintf(stderr, format, args);
    va_end(args);
    fputc('\n', stderr);
}

void *need(void *ptr)
{
    if (!ptr)
        complain_usage("out of memory");
    return ptr;
}
