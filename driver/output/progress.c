/*
 * progress.c - one line, rewritten at each slow step, and at fast steps at most
 * ten times per second.
 */
#include "progress.h"

#include "base/clock.h"

#include <stdbool.h>
#include <stdio.h>
#include <unistd.h>

static const double PAUSE = 0.1; /* seconds */

static bool every_stage; /* print a line per stage */
static bool one_line;
static bool shown;

void progress_set(int verbose)
{
    every_stage = verbose >= 2;
    one_line = !every_stage && isatty(STDERR_FILENO);
}

static bool too_soon(void)
{
    static double last;
    double now = clock_seconds();

    if (shown && now < last + PAUSE)
        return true;
    last = now;
    return false;
}

static const struct {
    const char *text;
    bool turns; /* all allocators take turns: one line is printed for all */
    bool fast;  /* too many per second to show each */
} stages[] = {
    [STAGE_BOUNDS] = {"computing", false, false},
    [STAGE_CHECKING] = {"checking", false, false},
    [STAGE_PERTURBED] = {"checking with other sizes", false, false},
    [STAGE_WARMING_UP] = {"warming up", true, false},
    [STAGE_TIMING] = {"timing", true, true},
    [STAGE_TIMING_SLOW] = {"timing slow", true, false},
    [STAGE_COUNTING] = {"counting instructions of", false, false},
};

/* Was the line for all turns on this trace printed already? */
static bool is_repeated(size_t trace, enum stage stage)
{
    static size_t last_trace = (size_t)-1;
    static bool turns;
    bool repeated = trace == last_trace && turns && stages[stage].turns;

    last_trace = trace;
    turns = stages[stage].turns;
    return repeated;
}

static void print_line(const struct benchmark *b, size_t trace,
                       enum stage stage, const char *name)
{
    bool turns = stages[stage].turns;

    if (!is_repeated(trace, stage))
        fprintf(stderr, "%s: %s %s\n", b->traces[trace]->name,
                turns ? "timing" : stages[stage].text,
                turns ? "all, in rounds" : name);
}

void progress_stage(const struct benchmark *b, size_t trace, enum stage stage,
                    const char *name)
{
    if (every_stage) {
        print_line(b, trace, stage, name);
    } else if (one_line && (!stages[stage].fast || !too_soon())) {
        fprintf(stderr, "\r\033[K[%zu/%zu] %s: %s %s", trace + 1,
                b->trace_count, b->traces[trace]->name, stages[stage].text,
                name);
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
