/*
 * single.c - the runs: set up, carry out, report; each returns the exit status.
 */
#define _GNU_SOURCE
#include "single.h"

#include "adversary/adversary_benchmark.h"
#include "base/fatal.h"
#include "base/interrupt.h"
#include "base/output_file.h"
#include "fuzz/fuzz.h"
#include "output/explain.h"
#include "output/export.h"
#include "output/progress.h"
#include "output/markdown.h"
#include "output/report.h"
#include "shrink/shrink.h"
#include "trace/contents.h"
#include "watch/watch.h"

/* An adversary in place of the traces: c says who plays, and how. */
static int play_adversary(struct benchmark *c, const struct options *o,
                         const struct profile *profile)
{
    struct adversary_benchmark t = {.allocators = c->allocators,
                                    .allocator_count = c->allocator_count,
                                    .adversary_setup =
                                        adversary_setup_read(o->adversary),
                                    .setup = c->setup,
                                    .record = o->record,
                                    .progress = progress_print};
    struct export_setup setup = {c, profile, o->align, &t, NULL};

    if (o->in_process && t.adversary_setup.n_count > 1)
        fatal_usage("--in-process takes one n");
    c->timing = false;
    t.setup.cpu = -1;
    progress_set(o->verbose);
    adversary_benchmark_run(&t);
    progress_clear();
    c->interrupted = t.interrupted;
    if (!output_is_stdout(o->json) && !output_is_stdout(o->csv) &&
        !output_is_stdout(o->markdown))
        report_adversary(&t);
    export_files(&setup, o->json, o->csv);
    FILE *markdown = output_open(o->markdown);
    if (markdown)
        markdown_adversary(markdown, &t);
    output_close(markdown, o->markdown);
    bool all_ok = adversary_benchmark_all_ok(&t);
    adversary_benchmark_free(&t);
    if (c->interrupted) {
        report_interrupt();
        return EXIT_INTERRUPTED;
    }
    return all_ok ? EXIT_ALL_RIGHT : EXIT_BAD_VERDICT;
}

/* The one allocator and, if it takes one, the one trace of the option. */
static struct replay_setup one_replay(const struct benchmark *c,
                                      const char *option)
{
    struct replay_setup setup = c->setup;

    if (c->allocator_count != 1)
        fatal_usage("%s takes one allocator", option);
    setup.allocator = c->allocators[0];
    setup.trace = c->trace_count > 0 ? c->traces[0] : NULL;
    setup.cpu = -1;
    return setup;
}

/* Look on while the one allocator replays the one trace. */
static int watch(const struct benchmark *c, const struct options *o)
{
    struct watch_setup w = {.replay = one_replay(c, "--watch"),
                            .speed = o->speed > 0 ? o->speed : 0,
                            .unlimited = o->speed == SPEED_MAX};
    struct outcome outcome;

    bool ended = o->watch_plain ? watch_plain(stdout, &w, &outcome)
                                : watch_live(&w, &outcome);
    contents_verify();
    report_watch(&w.replay, &outcome, ended);
    if (interrupted)
        return EXIT_INTERRUPTED;
    return !ended || outcome.verdict == VERDICT_OK ? EXIT_ALL_RIGHT
                                                   : EXIT_BAD_VERDICT;
}

/* Print how the allocator carries the trace out, call by call. */
static int explain(const struct benchmark *c)
{
    struct replay_setup setup = one_replay(c, "--explain");
    struct outcome outcome;

    if (setup.trace->op_count > EXPLAIN_MOST)
        fatal_usage("--explain takes at most %d operations, and %s has %llu; "
                    "--shrink makes a trace smaller",
                    EXPLAIN_MOST, setup.trace->name,
                    (unsigned long long)setup.trace->op_count);
    struct explain *e = explain_new(stdout, setup.trace);
    setup.observers[0] = explain_observer(e);
    struct replay *r = replay_open(&setup);
    replay_checked(r, &outcome);
    replay_close(r);
    explain_end(e, &outcome);
    explain_delete(e);
    outcome.shrink[0] = outcome.explain[0] = '\0'; /* that has been done */
    report_outcome(&setup, &outcome);
    return outcome.verdict == VERDICT_OK ? EXIT_ALL_RIGHT : EXIT_BAD_VERDICT;
}

static void write_smaller(const struct shrink_setup *setup,
                          struct shrink_result *result)
{
    struct replay_setup small = setup->replay;

    small.trace = result->trace;
    trace_write(result->trace, setup->path);
    report_shrunk(&small, &result->outcome,
                  &(struct shrinking){setup->replay.trace->op_count,
                                      result->replays, result->complete});
    trace_delete(result->trace);
}

static int make_smaller(const struct benchmark *c, const struct options *o)
{
    struct shrink_setup setup = {.replay = one_replay(c, "--shrink"),
                                 .timing = c->timing,
                                 .path = o->shrink,
                                 .progress = progress_print};

    if (!o->has_seed)
        setup.replay.seed = 1; /* the same trace at every call */
    output_check(o->shrink);
    progress_set(o->verbose);
    struct shrink_result result = shrink(&setup);
    progress_clear();
    contents_verify();
    if (result.trace) {
        write_smaller(&setup, &result);
        return interrupted ? EXIT_INTERRUPTED : EXIT_BAD_VERDICT;
    }
    report_outcome(&setup.replay, &result.outcome);
    if (result.outcome.verdict == VERDICT_OK)
        return EXIT_ALL_RIGHT;
    fatal_usage("--shrink: fewer operations cannot have the verdict %s",
                verdict_name(result.outcome.verdict));
}

/* The trace that fails, made smaller where that can be, into the file. */
static void publish_failure(const struct fuzz_setup *f, struct fuzz_result *r)
{
    struct shrink_setup setup = {.replay = r->replay,
                                 .timing = f->timing && !r->replay.fail_at,
                                 .path = f->path,
                                 .progress = f->progress};
    struct shrink_result small = shrink(&setup);

    progress_clear();
    report_fuzzing(&f->replay, r->traces, r->operations, true);
    if (small.trace) {
        write_smaller(&setup, &small);
    } else {
        trace_write(r->trace, f->path);
        report_outcome(&r->replay, &r->outcome);
    }
    trace_delete(r->trace);
}

static int find_fault(const struct benchmark *c, const struct options *o)
{
    struct fuzz_setup setup = {.replay = one_replay(c, "--fuzz"),
                               .timing = c->timing,
                               .seconds = o->fuzz,
                               .path = o->record ? o->record : "fuzz.rep",
                               .progress = progress_print};

    if (setup.replay.time_limit > FUZZ_TIME_LIMIT)
        setup.replay.time_limit = FUZZ_TIME_LIMIT;
    if (setup.replay.debug == 0)
        setup.replay.debug = 2; /* mm_audit, where there is one */
    output_check(setup.path);
    progress_set(o->verbose);
    struct fuzz_result result = fuzz(&setup);
    progress_clear();
    if (result.trace) {
        publish_failure(&setup, &result);
        return interrupted ? EXIT_INTERRUPTED : EXIT_BAD_VERDICT;
    }
    report_fuzzing(&setup.replay, result.traces, result.operations, false);
    return interrupted ? EXIT_INTERRUPTED : EXIT_ALL_RIGHT;
}

/* ---- Which of them. ---- */

bool single_is_asked(const struct options *o)
{
    return o->adversary || o->watch || o->explain || o->shrink || o->fuzz > 0;
}

int single_run(struct benchmark *c, const struct options *o,
               const struct profile *profile)
{
    if (o->adversary)
        return play_adversary(c, o, profile);
    if (o->watch)
        return watch(c, o);
    if (o->fuzz > 0)
        return find_fault(c, o);
    return o->explain ? explain(c) : make_smaller(c, o);
}
