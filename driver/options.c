/*
 * options.c - the command line, by argp.
 *
 * The single letters are those of the CS:APP lab and of CMU's later hand-outs;
 * -v and -V take the number after them, where there is one, as CMU's -v does.
 */
#include "options.h"

#include "../memlib.h"
#include "complain.h"

#include <argp.h>
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

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
    BOUNDS,
    PACK,
    ADVERSARY,
    RECORD,
    WATCH,
    SPEED
};

static const struct argp_option table[] = {
    {NULL, 0, NULL, 0, "What to run:", 1},
    {"file", 'f', "FILE", 0,
     "Use this trace; may be repeated. A path, or a name in the trace "
     "directory. Without it every trace of the directory is run",
     0},
    {NULL, 'c', "FILE", 0, "Run FILE once, for correctness only", 0},
    {"trace-dir", 't', "DIR", 0, "Where traces are (default: traces)", 0},
    {"allocator", ALLOCATOR, "LIST", 0,
     "What to run, separated by commas: names of the build (mm, a variant), "
     "libc, all (mm, every variant, every library and at last libc), paths of "
     ".so files, sonames such as libjemalloc.so.2, or NAME=PATH (default: mm)",
     0},
    {"libc", 'l', NULL, 0, "Run libc as well", 0},
    {"list", LIST, NULL, 0, "List allocators and traces, and exit", 0},
    {"pack", PACK, "OUT", 0,
     "Write the one trace that -f names in the binary form, and exit", 0},

    {"adversary", ADVERSARY, "NAME", 0,
     "In place of traces, have an adversary waste the allocators' memory: "
     "NAME[:KEY=VALUE,...], NAME as --list has it. Keys: n, the largest "
     "request in units (several with + between), M, what is live at most "
     "(units, or bytes with K, M, G), unit (bytes), seed",
     0},
    {"record", RECORD, "FILE", 0,
     "Write what the adversary did as a trace, .rep; of several allocators or "
     "n to FILE with .ALLOCATOR-N before its ending",
     0},

    {"watch", WATCH, "plain", OPTION_ARG_OPTIONAL,
     "Show the heap while one trace is replayed on one allocator, in the "
     "terminal; =plain prints some frames as text",
     0},
    {"speed", SPEED, "OPS", 0,
     "Operations a second to watch, or max (default: the trace takes 10 "
     "seconds)",
     0},

    {NULL, 0, NULL, 0, "How to judge:", 2},
    {NULL, 'a', NULL, 0, "Do not check the team structure", 0},
    {"align", ALIGN, "N", 0, "Alignment asked of payloads: 8 or 16 (default)",
     0},
    {"heap-limit", HEAP_LIMIT, "SIZE", 0,
     "Address space for the heap, with K, M or G (default: 1G)", 0},
    {"fail-sbrk", FAIL_SBRK, "N", 0,
     "Refuse the N-th request for memory; NULL is no fault then", 0},
    {"perturb", PERTURB, "SEED", 0,
     "Check also with sizes changed by a few per cent and ids shuffled", 0},
    {NULL, 's', "N", 0, "Time limit of a replay, in seconds of the allocator's CPU time "
     "(default: 20)", 0},
    {NULL, 'd', "N", 0,
     "Debug level; 1: run mm_audit at intervals, 2: after every operation", 0},
    {NULL, 'D', NULL, 0, "The same as -d 2", 0},
    {"in-process", IN_PROCESS, NULL, 0,
     "Judge and allocator in one process, for a debugger; no timing", 0},
    {"stop-at", STOP_AT, "N", 0,
     "Call worker_breakpoint before the N-th operation, for gdb", 0},

    {NULL, 0, NULL, 0, "How to measure:", 3},
    {"no-timing", NO_TIMING, NULL, 0, "Correctness and utilization only", 0},
    {"reps", REPS, "N", 0, "Timed rounds a trace (default: 7 to 31)", 0},
    {"net", NET, NULL, 0, "Subtract the replay loop's own cost from ns/op", 0},
    {"bounds", BOUNDS, NULL, 0,
     "Compute also what best fit without headers and the best packing known "
     "make of each trace, and what footprints are made of",
     0},
    {"seed", SEED, "N", 0,
     "For fills and batch ends (default: from the system)", 0},
    {"index", INDEX, "NAME", 0,
     "Scoring profile: classic (default), cmu, or another of the file", 0},
    {"profiles", PROFILES, "FILE", 0, "The file of profiles, JSON", 0},
    {"jobs", JOBS, "N", 0,
     "Run N traces at a time; timings are cleanest with 1 (default)", 0},

    {NULL, 0, NULL, 0, "What to print:", 4},
    {NULL, 'v', NULL, 0,
     "A table a trace as well (the default, but not for all); a number may "
     "follow, 0 for none",
     0},
    {NULL, 'V', NULL, 0, "Also what is being done", 0},
    {NULL, 'g', NULL, 0, "Summary lines for an autograder", 0},
    {NULL, 'A', NULL, 0, "Autolab: the last line is its result in JSON", 0},
    {NULL, 'p', NULL, 0, "One tab-separated line a trace", 0},
    {NULL, 'T', NULL, 0, "The same as -p", 0},
    {"json", JSON_FILE, "FILE", 0, "Write all results as JSON; - is stdout", 0},
    {"csv", CSV_FILE, "FILE", 0, "Write all results as CSV; - is stdout", 0},
    {"timeline", TIMELINE, "FILE", 0,
     "Write payload, footprint and free memory over the operations, CSV; "
     "- is stdout",
     0},
    {"events", EVENTS, "FILE", 0,
     "Write every operation with its address, CSV; - is stdout", 0},
    {NULL, 'h', NULL, 0, "Print this help", -1},
    {0},
};

enum { UNSAID = -1 }; /* neither -v nor -V */

/* What the parser keeps between two options. */
struct reading {
    struct options *options;
    int *verbose; /* a number that follows belongs there; else NULL */
};

static uint64_t number(const char *option, const char *text, uint64_t low,
                       uint64_t high)
{
    char *end;

    errno = 0;
    unsigned long long value = strtoull(text, &end, 10);
    if (!isdigit((unsigned char)text[0]) || *end || errno || value < low ||
        value > high)
        complain_usage("%s takes a number from %llu to %llu, not '%s'", option,
                       (unsigned long long)low, (unsigned long long)high, text);
    return value;
}

static double seconds(const char *text)
{
    char *end;
    double value = strtod(text, &end);

    if (end == text || *end || !(value > 0) || value > 1e6)
        complain_usage("-s takes a number of seconds, not '%s'", text);
    return value;
}

static double speed(const char *text)
{
    if (strcmp(text, "max") == 0)
        return SPEED_MAX;
    return (double)number("--speed", text, 1, 1000000000000);
}

static bool is_plain(const char *text)
{
    if (text && strcmp(text, "plain") != 0)
        complain_usage("--watch takes =plain or nothing, not '%s'", text);
    return text != NULL;
}

static size_t heap_size(const char *text)
{
    char *end;
    unsigned long long value = strtoull(text, &end, 10);
    static const char units[] = "KMG";
    const char *unit =
        *end ? strchr(units, toupper((unsigned char)*end)) : NULL;
    int shift = unit ? 10 * (int)(unit - units + 1) : 0;

    if (!isdigit((unsigned char)text[0]) || (*end && (!unit || end[1])) ||
        value > (1ull << 46) >> shift || value << shift < 65536)
        complain_usage("--heap-limit takes a size from 64K to 65536G, not "
                       "'%s'",
                       text);
    size_t page = mem_pagesize(), size = (size_t)(value << shift);
    return (size + page - 1) & -page;
}

static void add_file(struct options *o, char *file)
{
    o->trace_files = need(realloc(o->trace_files, (o->trace_file_count + 1) *
                                                      sizeof *o->trace_files));
    o->trace_files[o->trace_file_count++] = file;
}

static unsigned alignment(const char *text)
{
    if (strcmp(text, "8") != 0 && strcmp(text, "16") != 0)
        complain_usage("--align takes 8 or 16, not '%s'", text);
    return (unsigned)atoi(text);
}

static bool parse_letter(struct options *o, int key, char *arg)
{
    switch (key) {
    case 'a':
        o->check_team = false;
        return true;
    case 'c':
        add_file(o, arg);
        o->timing = false;
        return true;
    case 'd':
        o->debug = (int)number("-d", arg, 0, 9);
        return true;
    case 'D':
        o->debug = 2;
        return true;
    case 'f':
        add_file(o, arg);
        return true;
    case 'g':
        o->autograder = true;
        return true;
    case 'A':
        o->autolab = true;
        return true;
    case 'l':
        o->with_libc = true;
        return true;
    case 'p':
    case 'T':
        o->tabular = true;
        return true;
    case 's':
        o->time_limit = seconds(arg);
        return true;
    case 't':
        o->trace_dir = arg;
        return true;
    case 'v':
        o->verbose = 1;
        return true;
    case 'V':
        o->verbose = 2;
        return true;
    }
    return false;
}

static bool parse_file(struct options *o, int key, const char *arg)
{
    switch (key) {
    case JSON_FILE:
        o->json = arg;
        return true;
    case CSV_FILE:
        o->csv = arg;
        return true;
    case TIMELINE:
        o->timeline = arg;
        return true;
    case EVENTS:
        o->events = arg;
        return true;
    case PACK:
        o->pack = arg;
        return true;
    case PROFILES:
        o->profiles = arg;
        return true;
    case ADVERSARY:
        o->adversary = arg;
        return true;
    case RECORD:
        o->record = arg;
        return true;
    }
    return false;
}

static bool parse_flag(struct options *o, int key)
{
    switch (key) {
    case NO_TIMING:
        o->timing = false;
        return true;
    case LIST:
        o->list = true;
        return true;
    case IN_PROCESS:
        o->in_process = true;
        return true;
    case NET:
        o->subtract_loop = true;
        return true;
    case BOUNDS:
        o->bounds = true;
        return true;
    }
    return false;
}

static bool parse_value(struct options *o, int key, const char *arg)
{
    switch (key) {
    case ALLOCATOR:
        o->allocators = arg;
        return true;
    case ALIGN:
        o->align = alignment(arg);
        return true;
    case INDEX:
        o->index = arg;
        return true;
    case REPS:
        o->rounds = (int)number("--reps", arg, 1, 10000);
        return true;
    case SEED:
        o->seed = number("--seed", arg, 0, UINT64_MAX);
        o->has_seed = true;
        return true;
    case HEAP_LIMIT:
        o->heap_limit = heap_size(arg);
        return true;
    case PERTURB:
        o->perturb_seed = number("--perturb", arg, 0, UINT64_MAX);
        o->perturb = true;
        return true;
    case FAIL_SBRK:
        o->fail_sbrk = number("--fail-sbrk", arg, 1, UINT64_MAX);
        return true;
    case JOBS:
        o->jobs = (int)number("--jobs", arg, 1, 256);
        return true;
    case WATCH:
        o->watch = true;
        o->watch_plain = is_plain(arg);
        return true;
    case SPEED:
        o->speed = speed(arg);
        return true;
    case STOP_AT:
        o->stop_at = number("--stop-at", arg, 1, UINT64_MAX) - 1;
        return true;
    }
    return false;
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

static error_t parse(int key, char *arg, struct argp_state *state)
{
    struct reading *r = state->input;
    int *verbose = r->verbose;

    r->verbose = NULL;
    if (key == 'h') {
        argp_state_help(state, stdout, ARGP_HELP_STD_HELP);
        return 0;
    }
    if (key == ARGP_KEY_ARG) {
        if (!verbose)
            complain_usage("unexpected '%s'; traces are given with -f", arg);
        *verbose = number("-v", arg, 0, 9) == 0 ? 0 : *verbose;
        return 0;
    }
    if (parse_letter(r->options, key, arg) ||
        parse_file(r->options, key, arg) || parse_flag(r->options, key) ||
        parse_value(r->options, key, arg)) {
        if (key == 'v' || key == 'V')
            r->verbose = &r->options->verbose;
        return 0;
    }
    return ARGP_ERR_UNKNOWN;
}

static const char overview[] =
    "Replay allocation traces on memory allocators: check every operation, "
    "measure utilization and throughput, compare.\v"
    "Without options every trace of traces/ is run on mm.c.\n\n"
    "Exit status: 0 all is right, 1 a verdict is bad, 2 could not judge.";

static void check(const struct options *o)
{
    options_check_modes(o);
    if (o->pack && o->trace_file_count != 1)
        complain_usage("--pack needs one trace, by -f");
    if (o->jobs > 1 && (o->timeline || o->events))
        complain_usage("--timeline and --events are written in order: they "
                       "need --jobs 1");
    if (o->in_process && (o->jobs > 1 || o->perturb))
        complain_usage("--in-process goes with neither --jobs nor --perturb");
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

struct options options_read(int argc, char **argv)
{
    bool with_table = cut_verbosity(argc, argv);
    struct options o = {.check_team = true,
                        .timing = true,
                        .verbose = UNSAID,
                        .allocators = "mm",
                        .time_limit = 20,
                        .align = 16,
                        .index = "classic",
                        .jobs = 1,
                        .stop_at = UINT64_MAX,
                        .heap_limit = MEM_DEFAULT_LIMIT};
    struct reading reading = {.options = &o};
    struct argp argp = {.options = table, .parser = parse, .doc = overview};

    argp_err_exit_status = EXIT_NOT_JUDGED;
    argp_parse(&argp, argc, argv, ARGP_IN_ORDER, NULL, &reading);
    if (o.in_process)
        o.timing = false;
    if (!with_table)
        o.verbose = 0;
    settle_all(&o);
    check(&o);
    return o;
}
