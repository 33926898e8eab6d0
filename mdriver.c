/*
 * mdriver.c - replay allocation traces on allocators, judge and compare them.
 *
 *     options --> traces, allocators --> benchmark --> report, JSON, CSV
 */
#define _GNU_SOURCE
#include "check/allocator.h"
#include "base/build.h"
#include "base/fatal.h"
#include "trace/contents.h"
#include "measure/benchmark.h"
#include "output/export.h"
#include "base/output_file.h"
#include "options.h"
#include "reproduce.h"
#include "single.h"
#include "check/jail.h"
#include "check/process.h"
#include "output/progress.h"
#include "output/placement_log.h"
#include "output/markdown.h"
#include "output/report.h"
#include "output/replay_log.h"
#include "trace/trace_list.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

/* ---- Allocators by name. ---- */

static bool is_listed(const struct benchmark *c, const char *name)
{
    for (size_t i = 0; i < c->allocator_count; i++)
        if (strcmp(c->allocators[i]->name, name) == 0)
            return true;
    return false;
}

static void add_allocator(struct benchmark *c, const char *text)
{
    bool untrusted = c->setup.untrusted;
    size_t size = (c->allocator_count + 1) * sizeof(struct allocator *);
    struct allocator *a = allocator_find(text, untrusted);

    if (is_listed(c, a->name))
        fatal_usage("--allocator lists '%s' twice; give one another name, "
                    "as NAME=PATH",
                    a->name);
    c->allocators = check_alloc(realloc(c->allocators, size));
    c->allocators[c->allocator_count++] = a;
}

static void add_build(struct benchmark *c)
{
    size_t count;
    char **names = allocator_names(&count);

    for (size_t i = 0; i < count; i++) {
        add_allocator(c, names[i]);
        free(names[i]);
    }
    free(names);
}

/* A malloc of the system is not over memlib: only the kernel knows its
 * pages. */
static void note_unmeasurable(const struct benchmark *c)
{
    for (size_t i = 0; i < c->allocator_count; i++)
        if (c->allocators[i]->kind == WORKER_SYSTEM && !process_memory_known())
            warn("mdriver", 0,
                 "/proc is not mounted: the utilization of '%s' is not known",
                 c->allocators[i]->name);
}

static void find_allocators(struct benchmark *c, const struct options *o)
{
    char *list = check_alloc(strdup(o->allocators)), *rest = list, *name;

    while ((name = strsep(&rest, ",")) != NULL) {
        if (strcmp(name, "all") == 0)
            add_build(c);
        else if (*name)
            add_allocator(c, name);
    }
    if (o->with_libc && !is_listed(c, "libc"))
        add_allocator(c, "libc");
    if (c->allocator_count == 0)
        fatal_usage("--allocator names none");
    note_unmeasurable(c);
    free(list);
    c->libc = allocator_find("libc", false);
    c->null = allocator_null();
}

static void free_allocators(struct benchmark *c)
{
    for (size_t i = 0; i < c->allocator_count; i++)
        allocator_delete(c->allocators[i]);
    free(c->allocators);
    allocator_delete(c->libc);
    allocator_delete(c->null);
}

/* An allocator of the list is the baseline, if it has that name. */
static void find_baseline(struct benchmark *c, const char *name)
{
    for (size_t i = 0; name && i < c->allocator_count; i++)
        if (strcmp(c->allocators[i]->name, name) == 0)
            c->baseline = c->allocators[i];
    if (c->baseline && c->allocator_count == 1)
        fatal_usage("--baseline %s: there is no other allocator to compare "
                    "with it",
                    name);
}

/* One heap, at one place, and the loop in this very process. */
static void check_in_process(const struct benchmark *c)
{
    if (c->allocator_count != 1)
        fatal_usage("--in-process takes one allocator");
    if (c->allocators[0]->kind == WORKER_SYSTEM && c->allocators[0]->path[0])
        fatal_usage("--in-process cannot load '%s': it would have to "
                    "replace malloc in the driver",
                    c->allocators[0]->name);
}

/* ---- The benchmark. ---- */

/* From the system, where the user gave none: no allocator can guess it. */
static uint64_t seed_of(const struct options *o)
{
    uint64_t seed = o->seed;

    if (!o->has_seed && getrandom(&seed, sizeof seed, 0) != sizeof seed)
        seed = 1;
    return seed >> (o->has_seed ? 0 : 16);
}

/* What of the jail cannot be had is said once. */
static bool is_untrusted(const struct options *o)
{
    const char *lack = o->jail == JAIL_OFF ? NULL : jail_lacks();

    if (lack && o->jail == JAIL_REQUIRE)
        fatal_usage("--jail require: there is no jail here: %s", lack);
    if (lack)
        warn("mdriver", 0,
             "--jail auto: system calls and memory outside memlib are not "
             "watched: %s",
             lack);
    return o->jail != JAIL_OFF;
}

/* All but the traces: what is wrong here is told before they are read. */
static struct benchmark make_benchmark(const struct options *o)
{
    struct benchmark c = {.counted = o->counted};

    c.setup = (struct replay_setup){.heap_limit = o->heap_limit,
                                    .align = o->align,
                                    .debug = o->debug,
                                    .no_free_null = o->no_free_null,
                                    .fail_at = o->fail_sbrk,
                                    .stop_at = o->stop_at,
                                    .time_limit = o->time_limit,
                                    .untrusted = is_untrusted(o),
                                    .in_process = o->in_process,
                                    .reproduce = reproduce_fault,
                                    .twin_option = o->secret_option,
                                    .twin_argument = o->secret_argument,
                                    .seed = seed_of(o)};
    c.timing = o->timing && o->fail_sbrk == 0;
    c.subtract_loop = o->subtract_loop;
    c.rounds = o->rounds;
    c.budget = o->budget;
    c.with_bounds = o->bounds;
    c.perturb = o->perturb;
    c.perturb_seed = o->perturb_seed;
    c.jobs = o->jobs;
    c.progress = progress_stage;
    find_allocators(&c, o);
    find_baseline(&c, o->baseline);
    if (o->in_process)
        check_in_process(&c);
    return c;
}

/* The assignment's, if the command line names none. */
static struct trace_list load_named(const struct options *o)
{
    if (o->assignment && o->trace_file_count == 0)
        return assignment_traces(o->assignment, o->trace_dir);
    struct trace_list traces = trace_list_load(
        o->trace_files, o->trace_file_count, o->trace_dir, o->secret);
    if (o->assignment)
        assignment_weigh(o->assignment, traces);
    return traces;
}

static struct trace_list load_traces(const struct options *o)
{
    if (o->adversary || o->fuzz > 0)
        return (struct trace_list){0};
    struct trace_list traces = load_named(o);
    if (o->secret && !is_one_replay(o))
        trace_list_add_twins(&traces, o->secret);
    return traces;
}

static bool has_set(struct trace_list traces, enum trace_set set)
{
    for (size_t i = 0; i < traces.count; i++)
        if (traces.traces[i]->set == set)
            return true;
    return false;
}

/* The benchmark does not own them. */
static struct trace_list take_traces(struct benchmark *c,
                                     const struct options *o)
{
    struct trace_list traces = load_traces(o);

    c->traces = traces.traces;
    c->trace_count = traces.count;
    c->two_sets = has_set(traces, SET_PUBLIC) && has_set(traces, SET_SECRET);
    return traces;
}

/* Speed is measured as the user says, or else the profile. */
static bool counts_instructions(const struct options *o,
                                const struct profile *profile)
{
    return o->measure ? strcmp(o->measure, "instructions") == 0
                      : profile->measure == MEASURE_INSTRUCTIONS;
}

static void choose_measure(struct benchmark *c, const struct options *o,
                           const struct profile *profile)
{
    bool wanted = profile->measure == MEASURE_INSTRUCTIONS;
    bool instead = c->timing && counts_instructions(o, profile);
    const char *missing = NULL;

    if (c->timing && instead != wanted)
        warn("mdriver", 0,
             "profile '%s' is of %s: there are no points for throughput",
             profile->name, wanted ? "instructions" : "time");
    c->counting = instead || (o->count && o->fail_sbrk == 0);
    c->timing = c->timing && !instead;
    if (c->counting)
        missing = counter_missing();
    if (missing)
        fatal_usage("%s %s (%s does without)",
                    instead ? "--measure instructions" : "--count", missing,
                    instead ? "--measure time" : "a run without it");
    c->counting_libc =
        instead && wanted && !profile->absolute && !is_listed(c, "libc");
}

static void run(struct benchmark *c, const struct options *o)
{
    FILE *events = output_open(o->events), *timeline = output_open(o->timeline);
    struct replay_log *log = NULL;

    if (events || timeline)
        log = replay_log_new(events, timeline);
    if (log) {
        c->observer = replay_log_observer(log);
        c->placed = placement_log_write_all;
    }
    progress_set(o->verbose);
    benchmark_run(c);
    contents_verify();
    replay_log_delete(log);
    output_close(events, o->events);
    output_close(timeline, o->timeline);
}

static bool is_for_people(const struct options *o)
{
    return !output_is_stdout(o->json) && !output_is_stdout(o->csv) &&
           !output_is_stdout(o->events) && !output_is_stdout(o->timeline) &&
           !output_is_stdout(o->markdown);
}

static void print_changes(const struct difference_report *r,
                          const struct options *o)
{
    if (is_for_people(o))
        difference_print(stdout, r, false);
}

/* Two in one place would be neither. */
static void check_outputs(const struct options *o)
{
    const char *paths[] = {o->json, o->csv, o->markdown, o->events,
                           o->timeline};

    for (size_t i = 0; i < sizeof paths / sizeof *paths; i++) {
        for (size_t k = 0; paths[i] && k < i; k++)
            if (paths[k] && strcmp(paths[i], paths[k]) == 0)
                fatal(paths[i], 0, "two outputs are to be written there");
        output_check(paths[i]);
    }
}

/* Of the results, or of what has changed. */
static void write_markdown(const struct benchmark *c, const struct options *o,
                           const struct profile *profile,
                           const struct difference_report *changes)
{
    FILE *file = output_open(o->markdown);

    if (file && changes) {
        difference_print(file, changes, true);
        markdown_faults(file, c);
    } else if (file)
        markdown_results(file, c, profile, o->align);
    output_close(file, o->markdown);
}

static int publish(const struct benchmark *c, const struct options *o,
                   const struct profile *profile,
                   const struct difference_report *changes)
{
    struct export_setup setup = {c, profile, o->align, NULL, changes};
    struct report_style style = {.tabular = o->tabular,
                                 .quiet = o->verbose == 0,
                                 .check_team = o->check_team,
                                 .autograder = o->autograder,
                                 .autolab = o->autolab,
                                 .align = o->align};

    progress_clear();
    if (is_for_people(o))
        report_print(c, profile, &style);
    export_files(&setup, o->json, o->csv);
    write_markdown(c, o, profile, changes);
    if (changes)
        print_changes(changes, o);
    if (c->interrupted) {
        report_interrupt();
        return EXIT_INTERRUPTED;
    }
    /* A fault is known, whether or not limits can be decided. */
    if (!benchmark_all_ok(c) || (changes && has_regression(changes)))
        return EXIT_BAD_VERDICT;
    return EXIT_ALL_RIGHT;
}

static int run_and_publish(struct benchmark *c, const struct options *o,
                           const struct profile *profile)
{
    struct limits limits = {0};
    struct baseline *file = NULL;
    struct difference_report changes = {o->baseline, NULL, &limits};

    if (o->fail_if)
        limits = limits_parse(o->fail_if);
    if (o->baseline && !c->baseline)
        file = baseline_read(o->baseline);
    choose_measure(c, o, profile);
    struct trace_list traces = take_traces(c, o);
    if (file)
        differences_check(c, file, limits.count > 0);
    run(c, o);
    struct differences *differences =
        o->baseline ? differences_of(c, file) : NULL;
    changes.differences = differences;
    int status = publish(c, o, profile, o->baseline ? &changes : NULL);
    differences_delete(differences);
    baseline_delete(file);
    benchmark_free_results(c);
    trace_list_delete(traces);
    return status;
}

static int run_single(struct benchmark *c, const struct options *o,
                      const struct profile *profile)
{
    struct trace_list traces = take_traces(c, o);
    int status = single_run(c, o, profile);

    trace_list_delete(traces);
    return status;
}

static int judge(const struct options *o, const struct profile *profile)
{
    struct benchmark c = make_benchmark(o);
    int status;

    check_outputs(o);
    if (single_is_asked(o))
        status = run_single(&c, o, profile);
    else
        status = run_and_publish(&c, o, profile);
    free_allocators(&c);
    return status;
}

static const char *profiles_path(const struct options *o)
{
    static char path[PATH_MAX];

    if (o->profiles)
        return o->profiles;
    snprintf(path, sizeof path, "%s/profiles.json", build_directory());
    return path;
}

static struct profile profile_for(const struct options *o)
{
    const struct assignment *a = o->assignment;
    bool by_assignment = a && !o->points && o->index == a->points.name;
    struct profile profile =
        o->points ? *o->points
                  : profile_read(profiles_path(o), o->index,
                                 by_assignment ? a->path : NULL,
                                 by_assignment ? a->points_line : 0);

    if (o->points || by_assignment)
        assignment_check_weights(a, &profile);
    return profile;
}

static void list(struct trace_list traces)
{
    size_t count;
    char **names = allocator_names(&count);

    report_list(names, count, traces.traces, traces.count);
    for (size_t i = 0; i < count; i++)
        free(names[i]);
    free(names);
}

/* What needs no allocator. */
static void list_or_pack(const struct options *o)
{
    struct trace_list traces = load_traces(o);

    if (o->list)
        list(traces);
    else
        trace_pack(traces.traces[0], o->pack);
    trace_list_delete(traces);
}

/* ---- Standard output. ---- */

/* What is closed gets a file that refuses to be written: else the next file
 * opened, such as a worker's channel, would stand there and get the report. */
static void fill_standard_files(void)
{
    int file;

    do
        file = open("/dev/null", O_RDONLY);
    while (file >= 0 && file <= STDERR_FILENO);
    if (file >= 0)
        close(file);
}

/*
 * Runs at every exit, of argp after --help too. A report that could not be
 * written is no success. A reader that closed the pipe needs no message.
 */
static void check_stdout(int status, void *unused)
{
    (void)unused;
    errno = 0;
    bool failed = fflush(stdout) != 0 || ferror(stdout);
    if (!failed || errno == EPIPE || status == EXIT_NOT_JUDGED)
        return;
    fprintf(stderr, "-: cannot write it: %s\n", strerror(errno ? errno : EIO));
    _exit(EXIT_NOT_JUDGED);
}

int main(int argc, char **argv)
{
    fill_standard_files();
    signal(SIGXFSZ, SIG_IGN); /* a file too large is told, not died of */
    on_exit(check_stdout, NULL);
    struct options o = options_read(argc, argv);
    struct profile profile = profile_for(&o);
    int status = EXIT_ALL_RIGHT;

    if (o.list || o.pack)
        list_or_pack(&o);
    else if (!o.only_check)
        status = judge(&o, &profile);
    free(o.trace_files);
    assignment_delete(o.assignment);
    return status;
}
