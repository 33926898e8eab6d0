/*
 * options.c - the command line, by argp.
 *
 * The single letters are those of the CS:APP lab and of CMU's later hand-outs;
 * -v and -V take the number after them, where there is one, as CMU's -v does.
 */
#include "options.h"

#include "memlib.h"
#include "base/build.h"
#include "base/fatal.h"
#include "base/size_text.h"
#include "base/suffix.h"

#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum long_option {
    ALLOCATOR = 256,
    JSON_FILE,
    CSV_FILE,
    TIMELINE,
    EVENTS,
    ALIGN,
    INDEX,
    PROFILES,
    REPS,
    SEED,
    HEAP_LIMIT,
    PERTURB,
    FAIL_SBRK,
    NO_TIMING,
    JOBS,
    LIST,
    IN_PROCESS,
    STOP_AT,
    NET,
    MEASURE,
    COUNTED,
    BASELINE,
    FAIL_IF,
    MARKDOWN,
    BOUNDS,
    PACK,
    ADVERSARY,
    RECORD,
    WATCH,
    SPEED,
    SHRINK,
    EXPLAIN,
    FUZZ,
    ASSIGNMENT,
    CHECK_ASSIGNMENT,
    JAIL,
    NO_FREE_NULL,
    SECRET,
    BUDGET,
    VERSION
};

/* Runs in place of the usual one, or ways of it, that some options do not go
 * with. */
enum mode {
    NOTHING = 0,
    ADVERSARY_MODE = 1,
    WATCH_MODE = 2,
    IN_PROCESS_MODE = 4,
    JOBS_MODE = 8,
    SHRINK_MODE = 16,
    EXPLAIN_MODE = 32,
    FUZZ_MODE = 64,
    ONE_REPLAY = WATCH_MODE | SHRINK_MODE | EXPLAIN_MODE | FUZZ_MODE
};

static const struct {
    enum mode mode;
    const char *name; /* and why: a clause that goes on from it */
} mode_names[] = {
    {ADVERSARY_MODE, "--adversary, which makes traces as it goes: --record "
                     "one, and replay that"},
    {WATCH_MODE, "--watch, which only shows one replay"},
    {IN_PROCESS_MODE, "--in-process, which is for one replay"},
    {JOBS_MODE, "--jobs, which end in any order"},
    {SHRINK_MODE, "--shrink, which only makes a trace smaller"},
    {EXPLAIN_MODE, "--explain, which only shows one replay"},
    {FUZZ_MODE, "--fuzz, which makes traces until one fails"},
};

/* What an option's argument is, and what it is stored as. */
enum type {
    HEADING,   /* no option: a line of --help */
    SET,       /* none; true */
    CLEAR,     /* none; false */
    TEXT,      /* const char * */
    INT,       /* a number from low to high; int */
    COUNT,     /* the same; uint64_t */
    SEEDING,   /* the same; and a bool says that it was given */
    SIZE,      /* bytes, with K, M or G; size_t, whole pages */
    ALIGNMENT, /* 8 or 16; unsigned */
    DURATION,  /* seconds, low if none are given; double */
    RATE,      /* a number or max; double */
    PLAIN,     /* =plain or none */
    TRUST,     /* off, auto or require; enum jail */
    LEVEL,     /* of debugging; int */
    DEBUG,     /* none; debug level 2 */
    VERBOSE,   /* a number may follow */
    FILE_NAME, /* a trace */
    FILE_ONCE  /* a trace, not timed */
};

#define AT(field) offsetof(struct options, field)

/* Every option, once: its help, its argument, what it does not go with. */
static const struct option_row {
    struct argp_option help;
    enum type type;
    size_t place; /* in struct options */
    uint64_t low, high;
    unsigned without; /* modes */
} rows[] = {
    /* clang-format off */
    {{NULL, 0, NULL, 0,
      "What to run:", 1},
     HEADING, 0, 0, 0, NOTHING},
    {{"file", 'f', "FILE", 0,
      "Use this trace; may be repeated, and -f left out. A path, or a name in "
      "the trace directory. Without it every trace of the directory is run", 0},
     FILE_NAME, 0, 0, 0, ADVERSARY_MODE | FUZZ_MODE},
    {{NULL, 'c', "FILE", 0,
      "Run FILE once, for correctness only", 0},
     FILE_ONCE, 0, 0, 0, ADVERSARY_MODE | FUZZ_MODE},
    {{"trace-dir", 't', "DIR", 0,
      "Where traces are (default: traces)", 0},
     TEXT, AT(trace_dir), 0, 0, NOTHING},
    {{"assignment", ASSIGNMENT, "FILE", 0,
      "Take traces, alignment, limits and profile from this assignment; an "
      "option that says otherwise wins (default: assignment.json beside the "
      "build's mdriver, if it is there)", 0},
     TEXT, AT(assignment_file), 0, 0, NOTHING},
    {{"check-assignment", CHECK_ASSIGNMENT, "FILE", 0,
      "Say what is wrong in this assignment, and exit", 0},
     TEXT, AT(assignment_file), 0, 0, NOTHING},
    {{"allocator", ALLOCATOR, "LIST", 0,
      "What to run, separated by commas: names of the build (mm, a "
      "variant), libc, all (mm, every variant, every library and at last "
      "libc), paths of .so files, sonames such as libjemalloc.so.2, or "
      "NAME=PATH (default: mm)", 0},
     TEXT, AT(allocators), 0, 0, NOTHING},
    {{"libc", 'l', NULL, 0,
      "Run libc as well", 0},
     SET, AT(with_libc), 0, 0, NOTHING},
    {{"list", LIST, NULL, 0,
      "List allocators and traces, and exit", 0},
     SET, AT(list), 0, 0, NOTHING},
    {{"pack", PACK, "OUT", 0,
      "Write the one trace that -f names in the binary form, and exit", 0},
     TEXT, AT(pack), 0, 0, ADVERSARY_MODE | ONE_REPLAY},
    {{"adversary", ADVERSARY, "NAME", 0,
      "In place of traces, have an adversary waste the allocators' "
      "memory: NAME[:KEY=VALUE,...], NAME as --list has it. Keys: n, the "
      "largest request in units (several with + between), M, what is live"
      " at most (units, or bytes with K, M, G), unit (bytes), seed", 0},
     TEXT, AT(adversary), 0, 0, ONE_REPLAY},
    {{"record", RECORD, "FILE", 0,
      "Write the trace that --adversary or --fuzz has made, .rep; an adversary's "
      "of several allocators or n to FILE with .ALLOCATOR-N before its ending",
      0},
     TEXT, AT(record), 0, 0, NOTHING},
    {{"watch", WATCH, "plain", OPTION_ARG_OPTIONAL,
      "Show the heap while one trace is replayed on one allocator, in the"
      " terminal; =plain prints some frames as text", 0},
     PLAIN, AT(watch), 0, 0, NOTHING},
    {{"speed", SPEED, "OPS", 0,
      "Operations a second to watch, or max (default: the trace takes 10 "
      "seconds)", 0},
     RATE, AT(speed), 1, 1000000000000, NOTHING},
    {{"shrink", SHRINK, "OUT", 0,
      "Make the one trace as small as it can be with the same bad verdict "
      "on one allocator, and write it to OUT, .rep", 0},
     TEXT, AT(shrink), 0, 0, WATCH_MODE | EXPLAIN_MODE},
    {{"explain", EXPLAIN, NULL, 0,
      "Print one short trace as calls in C, with the heap after each", 0},
     SET, AT(explain), 0, 0, WATCH_MODE},
    {{"fuzz", FUZZ, "SECONDS", OPTION_ARG_OPTIONAL,
      "Judge random traces of many shapes until one fails, at most so long "
      "(30); that one is made smaller and written to fuzz.rep, or to --record",
      0},
     DURATION, AT(fuzz), 30, 0, WATCH_MODE | SHRINK_MODE | EXPLAIN_MODE},
    {{NULL, 0, NULL, 0,
      "How to judge:", 2},
     HEADING, 0, 0, 0, NOTHING},
    {{NULL, 'a', NULL, 0,
      "Do not check the team structure", 0},
     CLEAR, AT(check_team), 0, 0, NOTHING},
    {{"align", ALIGN, "N", 0,
      "Alignment asked of payloads: 8 or 16 (default)", 0},
     ALIGNMENT, AT(align), 0, 0, NOTHING},
    {{"heap-limit", HEAP_LIMIT, "SIZE", 0,
      "Address space for the heap, with K, M or G (default: 1G)", 0},
     SIZE, AT(heap_limit), 0, 0, NOTHING},
    {{"no-free-null", NO_FREE_NULL, NULL, 0,
      "Leave out operations f -1, mm_free(NULL), for assignments that do not "
      "ask for it", 0},
     SET, AT(no_free_null), 0, 0, NOTHING},
    {{"fail-sbrk", FAIL_SBRK, "N", 0,
      "Refuse the N-th request for memory; NULL is no fault then", 0},
     COUNT, AT(fail_sbrk), 1, UINT64_MAX, ADVERSARY_MODE},
    {{"perturb", PERTURB, "SEED", 0,
      "Check also with sizes changed by a few per cent and ids shuffled", 0},
     SEEDING, AT(perturb_seed), 0, UINT64_MAX, ADVERSARY_MODE | ONE_REPLAY | IN_PROCESS_MODE},
    {{"secret", SECRET, "SEED", 0,
      "Run also a twin of each trace, NAME~secret, with other sizes, order "
      "and ids by SEED, a text; -f NAME~secret runs a twin alone", 0},
     TEXT, AT(secret), 0, 0, ADVERSARY_MODE | FUZZ_MODE},
    {{NULL, 's', "N", 0,
      "Time limit of a replay, in seconds of the allocator's CPU time "
      "(default: 20)", 0},
     DURATION, AT(time_limit), 0, 0, NOTHING},
    {{"budget", BUDGET, "SECONDS", 0,
      "Time for all replays together, by the clock on the wall; traces that "
      "are not begun by then are too-slow", 0},
     DURATION, AT(budget), 0, 0, ADVERSARY_MODE | ONE_REPLAY},
    {{"jail", JAIL, "off|auto|require", 0,
      "Do not trust the allocator: judge it with every protection that this "
      "machine has (auto), or not without one of them (require); default: "
      "off", 0},
     TRUST, AT(jail), 0, 0, IN_PROCESS_MODE},
    {{NULL, 'd', "N", 0,
      "Debug level; 0: run mm_audit at the end, 1: at intervals, 2: after "
      "every operation", 0},
     LEVEL, AT(debug), 0, 0, NOTHING},
    {{NULL, 'D', NULL, 0,
      "The same as -d 2", 0},
     DEBUG, AT(debug), 0, 0, NOTHING},
    {{"in-process", IN_PROCESS, NULL, 0,
      "Judge and allocator in one process, for a debugger; no timing", 0},
     SET, AT(in_process), 0, 0, ONE_REPLAY},
    {{"stop-at", STOP_AT, "N", 0,
      "Call worker_breakpoint before the N-th operation, for gdb", 0},
     COUNT, AT(stop_at), 1, UINT64_MAX, NOTHING},
    {{NULL, 0, NULL, 0,
      "How to measure:", 3},
     HEADING, 0, 0, 0, NOTHING},
    {{"no-timing", NO_TIMING, NULL, 0,
      "Correctness and utilization only", 0},
     CLEAR, AT(timing), 0, 0, NOTHING},
    {{"measure", MEASURE, "WHAT", 0,
      "Measure speed by time, in rounds, or by instructions, counted by "
      "valgrind once (default: what the profile says)", 0},
     TEXT, AT(measure), 0, 0, ADVERSARY_MODE | ONE_REPLAY | IN_PROCESS_MODE},
    {{"count", COUNTED, NULL, 0,
      "Count instructions as well: a column instr/op, by valgrind", 0},
     SET, AT(count), 0, 0, ADVERSARY_MODE | ONE_REPLAY | IN_PROCESS_MODE},
    {{"baseline", BASELINE, "WHAT", 0,
      "Show what has changed against a former run, a file of --json, or "
      "against an allocator of this run", 0},
     TEXT, AT(baseline), 0, 0, ADVERSARY_MODE | ONE_REPLAY | IN_PROCESS_MODE},
    {{"fail-if", FAIL_IF, "LIMITS", 0,
      "With --baseline: exit status 1 if a change is beyond a limit, such as "
      "'util<-0.5%,time>+3%,instructions>+1%', of the mean; any.time>+9% is of "
      "each trace", 0},
     TEXT, AT(fail_if), 0, 0, NOTHING},
    {{"reps", REPS, "N", 0,
      "Timed rounds a trace (default: 7 to 31)", 0},
     INT, AT(rounds), 1, 10000, NOTHING},
    {{"net", NET, NULL, 0,
      "Subtract the replay loop's own cost from ns/op", 0},
     SET, AT(subtract_loop), 0, 0, NOTHING},
    {{"bounds", BOUNDS, NULL, 0,
      "Compute also what best fit without headers and the best packing "
      "known make of each trace, and what footprints are made of", 0},
     SET, AT(bounds), 0, 0, ADVERSARY_MODE | ONE_REPLAY},
    {{"seed", SEED, "N", 0,
      "For fills and batch ends (default: from the system)", 0},
     SEEDING, AT(seed), 0, UINT64_MAX, NOTHING},
    {{"index", INDEX, "NAME", 0,
      "Scoring profile: classic (default), cmu, or another of the file", 0},
     TEXT, AT(index), 0, 0, NOTHING},
    {{"profiles", PROFILES, "FILE", 0,
      "The file of profiles, JSON", 0},
     TEXT, AT(profiles), 0, 0, NOTHING},
    {{"jobs", JOBS, "N", 0,
      "Run N traces at a time; timings are cleanest with 1 (default)", 0},
     INT, AT(jobs), 1, 256, ADVERSARY_MODE | ONE_REPLAY | IN_PROCESS_MODE},
    {{NULL, 0, NULL, 0,
      "What to print:", 4},
     HEADING, 0, 0, 0, NOTHING},
    {{NULL, 'v', NULL, 0,
      "A table a trace as well (the default, but not for all); a number "
      "may follow, 0 for none", 0},
     VERBOSE, AT(verbose), 0, 0, NOTHING},
    {{NULL, 'V', NULL, 0,
      "Also what is being done", 0},
     VERBOSE, AT(verbose), 0, 0, NOTHING},
    {{NULL, 'g', NULL, 0,
      "Summary lines for an autograder", 0},
     SET, AT(autograder), 0, 0, ADVERSARY_MODE | ONE_REPLAY},
    {{NULL, 'A', NULL, 0,
      "Autolab: the last line is its result in JSON", 0},
     SET, AT(autolab), 0, 0, ADVERSARY_MODE | ONE_REPLAY},
    {{NULL, 'p', NULL, 0,
      "One tab-separated line a trace", 0},
     SET, AT(tabular), 0, 0, ADVERSARY_MODE | ONE_REPLAY},
    {{NULL, 'T', NULL, 0,
      "The same as -p", 0},
     SET, AT(tabular), 0, 0, ADVERSARY_MODE | ONE_REPLAY},
    {{"json", JSON_FILE, "FILE", 0,
      "Write all results as JSON; - is stdout", 0},
     TEXT, AT(json), 0, 0, ONE_REPLAY},
    {{"csv", CSV_FILE, "FILE", 0,
      "Write all results as CSV; - is stdout", 0},
     TEXT, AT(csv), 0, 0, ONE_REPLAY},
    {{"markdown", MARKDOWN, "FILE", 0,
      "Write tables as Markdown, of --baseline the changes; - is stdout", 0},
     TEXT, AT(markdown), 0, 0, ONE_REPLAY},
    {{"timeline", TIMELINE, "FILE", 0,
      "Write payload, footprint and free memory over the operations, CSV;"
      " - is stdout", 0},
     TEXT, AT(timeline), 0, 0, ADVERSARY_MODE | ONE_REPLAY | JOBS_MODE},
    {{"events", EVENTS, "FILE", 0,
      "Write every operation with its address, CSV; - is stdout", 0},
     TEXT, AT(events), 0, 0, ADVERSARY_MODE | ONE_REPLAY | JOBS_MODE},
    {{NULL, 'h', NULL, 0,
      "Print this help", -1},
     HEADING, 0, 0, 0, NOTHING},
    {{"version", VERSION, NULL, 0,
      "Print the version", -1},
     HEADING, 0, 0, 0, NOTHING},
    /* clang-format on */
};

enum { ROWS = sizeof rows / sizeof *rows };

enum { UNSAID = -1 }; /* neither -v nor -V */

/* What the parser keeps between two options. */
struct reading {
    struct options *options;
    const struct option_row *last; /* the option just read; else NULL */
    bool given[ROWS];
};

static uint64_t number(const char *option, const char *text, uint64_t low,
                       uint64_t high)
{
    char *end;

    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end || errno || value < low ||
        value > high)
        fatal_usage("%s takes a number from %llu to %llu, not '%s'", option,
                    (unsigned long long)low, (unsigned long long)high, text);
    return value;
}

static size_t whole_pages(size_t size)
{
    size_t page = mem_pagesize();

    return (size + page - 1) & -page;
}

static void add_file(struct options *o, char *file)
{
    o->trace_files = check_alloc(realloc(
        o->trace_files, (o->trace_file_count + 1) * sizeof *o->trace_files));
    o->trace_files[o->trace_file_count++] = file;
}

/* The option as the user has it. */
static const char *name_of(const struct option_row *row)
{
    static char name[32];

    if (row->help.key < ALLOCATOR)
        snprintf(name, sizeof name, "-%c", row->help.key);
    else
        snprintf(name, sizeof name, "--%s", row->help.name);
    return name;
}

/* ---- What is stored, by type. ---- */

static void *place_of(struct options *o, const struct option_row *row)
{
    return (char *)o + row->place;
}

static uint64_t number_of(const struct option_row *row, const char *text)
{
    return number(name_of(row), text, row->low, row->high);
}

static void store_flag(struct options *o, const struct option_row *row,
                       char *arg)
{
    (void)arg;
    *(bool *)place_of(o, row) = row->type == SET;
}

static void store_text(struct options *o, const struct option_row *row,
                       char *arg)
{
    *(const char **)place_of(o, row) = arg;
}

static void store_int(struct options *o, const struct option_row *row,
                      char *arg)
{
    *(int *)place_of(o, row) = (int)number_of(row, arg);
}

static void store_count(struct options *o, const struct option_row *row,
                        char *arg)
{
    *(uint64_t *)place_of(o, row) = number_of(row, arg);
}

static void store_seed(struct options *o, const struct option_row *row,
                       char *arg)
{
    store_count(o, row, arg);
    *(row->help.key == SEED ? &o->has_seed : &o->perturb) = true;
}

static void store_size(struct options *o, const struct option_row *row,
                       char *arg)
{
    size_t *size = place_of(o, row);

    if (!size_read(arg, size))
        fatal_usage("%s takes " SIZE_RANGE ", not '%s'", name_of(row), arg);
    *size = whole_pages(*size);
}

static void store_alignment(struct options *o, const struct option_row *row,
                            char *arg)
{
    if (strcmp(arg, "8") != 0 && strcmp(arg, "16") != 0)
        fatal_usage("%s takes 8 or 16, not '%s'", name_of(row), arg);
    *(unsigned *)place_of(o, row) = (unsigned)atoi(arg);
}

static void store_duration(struct options *o, const struct option_row *row,
                           char *arg)
{
    char *end = arg;
    double value = arg ? strtod(arg, &end) : (double)row->low;

    if (arg && (end == arg || *end || !(value > 0) || value > 1e6))
        fatal_usage("%s takes a number of seconds, not '%s'", name_of(row),
                    arg);
    *(double *)place_of(o, row) = value;
}

static void store_rate(struct options *o, const struct option_row *row,
                       char *arg)
{
    *(double *)place_of(o, row) =
        strcmp(arg, "max") == 0 ? SPEED_MAX : (double)number_of(row, arg);
}

static void store_plain(struct options *o, const struct option_row *row,
                        char *arg)
{
    if (arg && strcmp(arg, "plain") != 0)
        fatal_usage("%s takes =plain or nothing, not '%s'", name_of(row), arg);
    o->watch = true;
    o->watch_plain = arg != NULL;
}

static void store_level(struct options *o, const struct option_row *row,
                        char *arg)
{
    if (!strchr("012", arg[0]) || !arg[0] || arg[1])
        fatal_usage("%s takes 0 (mm_audit at the end), 1 (at intervals) or 2 "
                    "(after every operation), not '%s'",
                    name_of(row), arg);
    o->debug = arg[0] - '0';
}

static void store_debug(struct options *o, const struct option_row *row,
                        char *arg)
{
    (void)arg;
    *(int *)place_of(o, row) = 2;
}

static void store_verbose(struct options *o, const struct option_row *row,
                          char *arg)
{
    (void)arg;
    o->verbose = row->help.key == 'v' ? 1 : 2;
}

static void store_trust(struct options *o, const struct option_row *row,
                        char *arg)
{
    static const char *const names[] = {"off", "auto", "require"};

    (void)row;
    for (int i = 0; i < 3; i++)
        if (strcmp(arg, names[i]) == 0) {
            o->jail = (enum jail)i;
            return;
        }
    fatal_usage("--jail takes off, auto or require, not '%s'", arg);
}

static void store_file(struct options *o, const struct option_row *row,
                       char *arg)
{
    if (row->type == FILE_ONCE)
        o->timing = false;
    add_file(o, arg);
}

static void (*const store[])(struct options *o, const struct option_row *row,
                             char *arg) = {
    [SET] = store_flag,
    [CLEAR] = store_flag,
    [TEXT] = store_text,
    [INT] = store_int,
    [COUNT] = store_count,
    [SEEDING] = store_seed,
    [SIZE] = store_size,
    [ALIGNMENT] = store_alignment,
    [DURATION] = store_duration,
    [RATE] = store_rate,
    [PLAIN] = store_plain,
    [TRUST] = store_trust,
    [LEVEL] = store_level,
    [DEBUG] = store_debug,
    [VERBOSE] = store_verbose,
    [FILE_NAME] = store_file,
    [FILE_ONCE] = store_file,
};

/* ---- The parser. ---- */

static const struct option_row *row_of_key(int key)
{
    for (size_t i = 0; i < ROWS; i++)
        if (rows[i].type != HEADING && rows[i].help.key == key)
            return &rows[i];
    return NULL;
}

static bool lists_all(const char *list)
{
    static const char all[] = "all";

    for (const char *at = list; at; at = strchr(at, ',')) {
        at += *at == ',';
        if (strcspn(at, ",") == strlen(all) &&
            strncmp(at, all, strlen(all)) == 0)
            return true;
    }
    return false;
}

static _Noreturn void print_version(void)
{
    fputs("mdriver ", stdout);
    puts(build_version);
    exit(EXIT_ALL_RIGHT);
}

/* May the word be the number that the option takes after a blank? */
static bool is_number_of(const struct option_row *last, const char *word)
{
    return last && isdigit((unsigned char)word[0]) &&
           !word[strspn(word, "0123456789.")] &&
           (last->type == VERBOSE ||
            (last->type == DURATION && last->help.flags & OPTION_ARG_OPTIONAL));
}

/* A word that is no option: a number after one, or a trace, as -f takes it. */
static void take_word(struct reading *r, const struct option_row *last,
                      char *word)
{
    struct options *o = r->options;

    if (!is_number_of(last, word)) {
        r->given[row_of_key('f') - rows] = true;
        add_file(o, word);
    } else if (last->type == VERBOSE)
        o->verbose = number("-v", word, 0, 9) == 0 ? 0 : o->verbose;
    else
        store[last->type](o, last, word);
}

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct reading *r = state->input;
    const struct option_row *last = r->last;

    r->last = NULL;
    if (key == 'h') {
        argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
        return 0;
    }
    if (key == VERSION)
        print_version();
    if (key == ARGP_KEY_ARG) {
        take_word(r, last, arg);
        return 0;
    }
    const struct option_row *row = row_of_key(key);
    if (!row)
        return ARGP_ERR_UNKNOWN;
    r->given[row - rows] = true;
    store[row->type](r->options, row, arg);
    r->last = row;
    return 0;
}

static const char overview[] =
    "Replay allocation traces on memory allocators: check every operation, "
    "measure utilization and throughput, compare.\v"
    "Without options every trace of traces/ is run on mm.c.\n\n"
    "Exit status: 0 all is right, 1 a verdict is bad, 2 could not judge.";

static unsigned modes_of(const struct options *o)
{
    return (o->adversary ? ADVERSARY_MODE : 0u) | (o->watch ? WATCH_MODE : 0u) |
           (o->in_process ? IN_PROCESS_MODE : 0u) |
           (o->jobs > 1 ? JOBS_MODE : 0u) | (o->shrink ? SHRINK_MODE : 0u) |
           (o->explain ? EXPLAIN_MODE : 0u) | (o->fuzz > 0 ? FUZZ_MODE : 0u);
}

/* No option that was given may be one that a mode does not go with. */
static void check_modes(const struct reading *r)
{
    unsigned modes = modes_of(r->options);

    for (size_t i = 0; i < sizeof mode_names / sizeof *mode_names; i++)
        for (size_t k = 0; k < ROWS; k++)
            if (modes & rows[k].without & mode_names[i].mode && r->given[k])
                fatal_usage("%s does not go with %s", name_of(&rows[k]),
                            mode_names[i].name);
}

/* The names of the other forms would belie what is in the file. */
static void check_text_name(const char *option, const char *path)
{
    static const char *const others[] = {".gz", ".zst", ".repb"};

    for (size_t i = 0; i < sizeof others / sizeof *others; i++)
        if (has_suffix(path, others[i]))
            fatal_usage("%s writes text, .rep, not '%s'", option, path);
}

static void check_seed(const char *seed)
{
    bool printable = true;

    if (!seed)
        return;
    for (const char *c = seed; *c; c++)
        printable &= isprint((unsigned char)*c) != 0;
    if (!printable || !seed[0] || strlen(seed) > LONGEST_SEED)
        fatal_usage("--secret takes a text of 1 to %d printable ASCII "
                    "characters",
                    LONGEST_SEED);
}

bool is_one_replay(const struct options *o)
{
    return o->watch || o->shrink || o->explain || o->pack;
}

/* Of one trace, the user says which of the two is meant. */
static void check_secret(const struct options *o)
{
    check_seed(o->secret);
    if (o->secret && is_one_replay(o) &&
        !has_suffix(o->trace_files[0], TWIN_ENDING))
        fatal_usage("--secret needs the twin's name here, by -f %s" TWIN_ENDING,
                    o->trace_files[0]);
}

static void need_one_trace(const struct options *o, bool asked,
                           const char *option)
{
    if (asked && o->trace_file_count != 1)
        fatal_usage("%s needs one trace, by -f", option);
}

static void check(const struct reading *r)
{
    const struct options *o = r->options;

    check_modes(r);
    if (o->measure && strcmp(o->measure, "time") != 0 &&
        strcmp(o->measure, "instructions") != 0)
        fatal_usage("--measure takes time or instructions, not '%s'",
                    o->measure);
    if (o->record && !o->adversary && o->fuzz == 0)
        fatal_usage("--record is of what an --adversary or --fuzz makes");
    if (o->record)
        check_text_name("--record", o->record);
    if (o->shrink)
        check_text_name("--shrink", o->shrink);
    if (o->speed != 0 && !o->watch)
        fatal_usage("--speed is of --watch");
    if (!o->baseline && o->fail_if)
        fatal_usage("--fail-if is of what --baseline compares");
    need_one_trace(o, o->pack, "--pack");
    need_one_trace(o, o->watch, "--watch");
    need_one_trace(o, o->shrink, "--shrink");
    need_one_trace(o, o->explain, "--explain");
    check_secret(o);
    if (o->watch && !o->watch_plain && !isatty(STDOUT_FILENO))
        fatal_usage("--watch needs a terminal to show it on; --watch=plain "
                    "prints frames");
}

static bool is_given(const struct reading *r, int key)
{
    return r->given[row_of_key(key) - rows];
}

/* What the assignment says and the command line does not. */
static void settle_assignment(const struct reading *r)
{
    struct options *o = r->options;
    const struct assignment *a = assignment_find(o->assignment_file);

    o->assignment = a;
    if (!a)
        return;
    if (!is_given(r, ALIGN))
        o->align = a->align;
    if (!is_given(r, HEAP_LIMIT))
        o->heap_limit = whole_pages(a->heap_limit);
    if (!is_given(r, 's'))
        o->time_limit = a->time_limit;
    if (!is_given(r, BUDGET))
        o->budget = a->budget;
    if (!is_given(r, SECRET) && a->seed[0]) {
        o->secret = a->seed;
        o->secret_option = o->assignment_file ? "--assignment" : NULL;
        o->secret_argument = o->assignment_file;
    }
    o->counted = a->counted;
    if (!is_given(r, INDEX) && !a->own_points)
        o->index = a->points.name;
    if (!is_given(r, INDEX) && !is_given(r, PROFILES) && a->own_points)
        o->points = &a->points;
}

/* Counted instructions have a profile of their own, where none is named. */
static void settle_measure(const struct reading *r)
{
    struct options *o = r->options;

    if (o->measure && strcmp(o->measure, "instructions") == 0 &&
        !o->assignment && !is_given(r, INDEX) && !is_given(r, PROFILES))
        o->index = "instructions";
}

/* All: libc too, to compare with; a table for each only where asked for. */
static void settle_all(struct options *o)
{
    bool all = lists_all(o->allocators);

    o->with_libc |= all;
    if (o->verbose == UNSAID)
        o->verbose = all ? 0 : 1;
}

/*
 * -v2 and -V1, as CMU's driver takes them: the number is cut off, for argp
 * takes it for letters. Returns false where it was a 0: be quiet.
 */
static bool cut_verbosity(int argc, char **argv)
{
    bool with_table = true;

    for (int i = 1; i < argc; i++)
        if (argv[i][0] == '-' && (argv[i][1] == 'v' || argv[i][1] == 'V') &&
            isdigit((unsigned char)argv[i][2])) {
            with_table = atoi(argv[i] + 2) != 0;
            argv[i][2] = '\0';
        }
    return with_table;
}

/* Where there is no assignment, either. */
static const struct options built_in = {.check_team = true,
                                        .timing = true,
                                        .verbose = UNSAID,
                                        .allocators = "mm",
                                        .time_limit = 20,
                                        .align = 16,
                                        .index = "classic",
                                        .jobs = 1,
                                        .stop_at = UINT64_MAX,
                                        .heap_limit = MEM_DEFAULT_LIMIT};

struct options options_default(void)
{
    struct options o = built_in;
    const struct assignment *a = assignment_find(NULL);

    if (a) {
        o.align = a->align;
        o.heap_limit = whole_pages(a->heap_limit);
        o.time_limit = a->time_limit;
    }
    assignment_delete(a);
    return o;
}

struct options options_read(int argc, char **argv)
{
    bool with_table = cut_verbosity(argc, argv);
    struct options o = built_in;
    struct reading reading = {.options = &o};
    struct argp_option help[ROWS + 1] = {{0}};
    struct argp argp = {.options = help,
                        .parser = parse,
                        .args_doc = "[TRACE...]",
                        .doc = overview};

    for (size_t i = 0; i < ROWS; i++)
        help[i] = rows[i].help;

    argp_err_exit_status = EXIT_NOT_JUDGED;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &reading);
    if (o.in_process)
        o.timing = false;
    if (!with_table)
        o.verbose = 0;
    if (o.stop_at != UINT64_MAX)
        o.stop_at--; /* they count from 1 */
    o.only_check = is_given(&reading, CHECK_ASSIGNMENT);
    o.secret_option = "--secret";
    o.secret_argument = o.secret;
    settle_all(&o);
    check(&reading);
    settle_assignment(&reading);
    settle_measure(&reading);
    return o;
}
