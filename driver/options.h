/*
 * options.h - the command line.
 */
#ifndef OPTIONS_H
#define OPTIONS_H

#include "assignment.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { SPEED_MAX = -1 };

enum jail { JAIL_OFF, JAIL_AUTO, JAIL_REQUIRE };

struct options {
    char **trace_files; /* -f, -c; none: all of the trace directory */
    size_t trace_file_count;
    const char *trace_dir;  /* NULL: traces/ here or beside the build */
    const char *allocators; /* a list with commas */
    bool with_libc;
    bool check_team;
    bool timing;
    bool count; /* instructions, too */
    bool in_process, subtract_loop, bounds, list;
    bool only_check; /* the assignment */
    bool autograder, autolab, tabular;
    int verbose; /* 0 no table a trace, 1 with them, 2 also what is done */
    int debug;
    bool no_free_null;
    double time_limit;
    double budget; /* seconds of wall clock for all; 0: no limit */
    enum jail jail;
    unsigned align;
    const char *assignment_file;
    const struct assignment *assignment; /* NULL: none */
    const char *secret;     /* the seed of twins; NULL: none */
    const char *secret_option, *secret_argument; /* where it was given */
    enum trace_set counted; /* what the score is of */
    const char *index, *profiles;
    const char *measure;          /* time, instructions; NULL: the profile's */
    const struct profile *points; /* in place of index; NULL: index */
    int rounds, jobs;
    bool has_seed, perturb;
    uint64_t seed, perturb_seed;
    size_t heap_limit;
    uint64_t fail_sbrk, stop_at;
    const char *baseline; /* a file of --json, or an allocator; NULL: none */
    const char *fail_if, *markdown;
    const char *json, *csv, *timeline, *events, *pack;
    const char *shrink; /* where the smaller trace goes; NULL: no --shrink */
    bool explain;
    double fuzz; /* seconds; 0: no --fuzz */
    bool watch, watch_plain;
    double speed;          /* operations a second; 0: not given, or SPEED_MAX */
    const char *adversary; /* its text; NULL: none */
    const char *record;    /* where --adversary or --fuzz write; or NULL */
};

/* Is the run of one trace, as --watch, --shrink, --explain and --pack are? */
bool is_one_replay(const struct options *o);

/*
 * What the options are where none is given: align, heap_limit and time_limit
 * are those of the assignment beside this executable, if there is one.
 */
struct options options_default(void);

/* Read the command line; complains, or prints help, and exits. */
struct options options_read(int argc, char **argv);

#endif
