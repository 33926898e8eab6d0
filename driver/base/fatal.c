/*
 * fatal.c - one line on stderr, after everything that stdout still holds.
 */
#define _GNU_SOURCE /* vasprintf */
#include "fatal.h"

#include "plain_text.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

void (*before_message)(void);

static void print_place(const char *path, unsigned long line)
{
    if (before_message)
        before_message();
    fflush(stdout);
    if (line > 0)
        fprintf(stderr, "%s:%lu: ", path, line);
    else
        fprintf(stderr, "%s: ", path);
}

/* It may quote what others wrote: it stays one line all the same. */
static void print_sentence(const char *format, va_list args)
{
    char *sentence;

    if (vasprintf(&sentence, format, args) < 0)
        return;
    plain_text(sentence, "");
    fprintf(stderr, "%s\n", sentence);
    free(sentence);
}

_Noreturn void fatal(const char *path, unsigned long line, const char *format,
                     ...)
{
    va_list args;

    print_place(path, line);
    va_start(args, format);
    print_sentence(format, args);
    va_end(args);
    exit(EXIT_NOT_JUDGED);
}

_Noreturn void fatal_usage(const char *format, ...)
{
    va_list args;

    print_place("mdriver", 0);
    va_start(args, format);
    print_sentence(format, args);
    va_end(args);
    exit(EXIT_NOT_JUDGED);
}

void warn(const char *path, unsigned long line, const char *format, ...)
{
    va_list args;

    print_place(path, line);
    fputs("note: ", stderr);
    va_start(args, format);
    print_sentence(format, args);
    va_end(args);
}

void *check_alloc(void *ptr)
{
    if (!ptr)
        fatal_usage("out of memory");
    return ptr;
}
