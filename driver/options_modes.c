/*
 * options_modes.c - what goes with --adversary, and what with --watch: each
 * stands in place of the usual run.
 */
#include "base/fatal.h"
#include "options.h"
#include "base/suffix.h"

#include <unistd.h>

/* The names of the other forms would belie what is in the file. */
static void check_record(const char *path)
{
    static const char *const others[] = {".gz", ".zst", ".repb"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (has_suffix(path, others[i]))
            fatal_usage("--record writes text, .rep, not '%s'", path);
}

/* It makes its traces as it goes: what asks for a whole one does not go. */
static void check_adversary(const struct options *o)
{
    if (o->trace_file_count > 0 || o->pack)
        fatal_usage("--adversary goes without traces");
    if (o->perturb || o->fail_sbrk || o->jobs > 1 || o->bounds)
        fatal_usage("--adversary goes with none of --perturb, --fail-sbrk, "
                    "--jobs, --bounds");
    if (o->timeline || o->events)
        fatal_usage("--adversary goes with neither --timeline nor "
                    "--events: --record a trace, and replay that");
    if (o->autograder || o->autolab || o->tabular)
        fatal_usage("--adversary has no score: -g, -A, -p and -T are of "
                    "traces; it writes --json and --csv");
    if (o->record)
        check_record(o->record);
}

static void check_watch(const struct options *o)
{
    if (o->trace_file_count != 1)
        fatal_usage("--watch needs one trace, by -f");
    if (o->adversary || o->perturb || o->jobs > 1 || o->in_process || o->pack ||
        o->bounds)
        fatal_usage("--watch goes with none of --adversary, --perturb, "
                    "--jobs, --in-process, --pack, --bounds");
    if (o->json || o->csv || o->events || o->timeline || o->autograder ||
        o->autolab || o->tabular)
        fatal_usage("--watch only shows: it goes with none of --json, "
                    "--csv, --events, --timeline, -g, -A, -p, -T");
    if (!o->watch_plain && !isatty(STDOUT_FILENO))
        fatal_usage("--watch needs a terminal to show it on; --watch=plain "
                    "prints frames");
}

void options_check_modes(const struct options *o)
{
    if (o->record && !o->adversary)
        fatal_usage("--record is of what an --adversary does");
    if (o->speed != 0 && !o->watch)
        fatal_usage("--speed is of --watch");
    if (o->adversary)
        check_adversary(o);
    if (o->watch)
        check_watch(o);
}
