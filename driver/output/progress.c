/*
 * progress.c - one line, rewritten for each turn that may take its time, and
 * for the others at most ten times a second.
 */
#include "progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { PAUSE_MS = 100 };

static bool every_stage; /* a line each */
static bool one_line;
static bool shown;

void progress_set(int verbose)
{
    every_stage = verbose >= 2;
    one_line = !every_stage && isatty(STDERR_FILENO);
}

static bool too_soon(void)
{
    static struct timespec last;
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    long ms = (now.tv_sec - last.tv_sec) * 1000 +
              (now.tv_nsec - last.tv_nsec) / 1000000;
    if (shown && ms < PAUSE_MS)
        return true;
    last = now;
    return false;
}

static bool is_fast(const char *stage)
{
    return strcmp(stage, "timing") == 0;
}

/* A stage of its own, where timing is one of all allocators in turns? */
static bool is_single(const char *stage)
{
    return strncmp(stage, "checking", strlen("checking")) == 0 ||
           strcmp(stage, "computing") == 0;
}

/* Timing goes through many rounds: one line says it for all. */
static bool is_news(size_t trace, const char *stage)
{
    static size_t last_trace = (size_t)-1;
    static bool timing;
    bool now_timing = !is_single(stage);
    bool news = trace != last_trace || !now_timing || !timing;

    last_trace = trace;
    timing = now_timing;
    return news;
}

void progress_stage(const struct benchmark *c, size_t trace,
                    const char *allocator, const char *stage)
{
    const char *name = c->traces[trace]->name;

    if (every_stage) {
        if (is_news(trace, stage))
            fprintf(stderr, "%s: %s %s\n", name,
                    is_single(stage) ? stage : "timing",
                    is_single(stage) ? allocator : "all, in rounds");
    } else if (one_line && (!is_fast(stage) || !too_soon())) {
        fprintf(stderr, "\r\033[K[%zu/%zu] %s: %s %s", trace + 1,
                c->trace_count, name, stage, allocator);
        fflush(stderr);
        shown = true;
    }
}

void progress_print(const char *what)
{
    if (every_stage) {
        fprintf(stderr, "%s\n", what);
    } else if (one_line) {
        fprintf(stderr, "\r\033[K%s", what);
        fflush(stderr);
        shown = true;
    }
}

void progress_clear(void)
{
    if (shown)
        fputs("\r\033[K", stderr);
    shown = false;
}
