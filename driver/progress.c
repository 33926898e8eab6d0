/*
 * progress.c - one line, rewritten at most ten times a second.
 */
#include "progress.h"

#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static int level;
static bool shown;

void progress_set(int verbose)
{
    level = verbose == 1 && !isatty(STDERR_FILENO) ? 0 : verbose;
}

static bool too_soon(void)
{
    static struct timespec last;
    struct timespec now;

    clock_gettime(CLOCK_MONOTONIC, &now);
    long ms = (now.tv_sec - last.tv_sec) * 1000 +
              (now.tv_nsec - last.tv_nsec) / 1000000;
    if (shown && ms < 100)
        return true;
    last = now;
    return false;
}

/* Timing goes through many rounds: one line says it for all. */
static bool is_news(size_t trace, const char *stage)
{
    static size_t last_trace = (size_t)-1;
    static bool timing;
    bool now_timing = strcmp(stage, "timing") == 0;
    bool news = trace != last_trace || !now_timing || !timing;

    last_trace = trace;
    timing = now_timing;
    return news;
}

void progress_show(const struct contest *c, size_t trace, const char *allocator,
                   const char *stage)
{
    const char *name = c->traces[trace]->name;

    if (level >= 2) {
        if (is_news(trace, stage))
            fprintf(stderr, "%s: %s %s\n", name, stage,
                    strcmp(stage, "timing") == 0 ? "all, in rounds"
                                                 : allocator);
    } else if (level == 1 && !too_soon()) {
        fprintf(stderr, "\r\033[K[%zu/%zu] %s: %s %s", trace + 1,
                c->trace_count, name, stage, allocator);
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
