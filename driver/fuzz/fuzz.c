/*
 * fuzz.c - the loop over random traces.
 */
#include "fuzz.h"

#include "base/clock.h"
#include "base/interrupt.h"
#include "shape.h"

#include <stdio.h>

enum { LONG = 200 }; /* operations */

/* As the user wants it judged, within the limits of the shape. */
static struct replay_setup setup_for(const struct fuzz_setup *f,
                                     const struct shape *s,
                                     const struct trace *t)
{
    struct replay_setup setup = f->replay;

    setup.trace = t;
    if (s->heap_limit && s->heap_limit < setup.heap_limit)
        setup.heap_limit = s->heap_limit;
    if (setup.debug == 2 && t->op_count > LONG)
        setup.debug = 1; /* an audit takes as long as the heap is large */
    if (setup.allocator->kind == WORKER_LAB && !setup.fail_at)
        setup.fail_at = s->fail_at;
    return setup;
}

static struct outcome judge(const struct fuzz_setup *f,
                            const struct replay_setup *setup)
{
    struct outcome out;
    struct replay *r = replay_open(setup);

    replay_passes(r, f->timing && !setup->fail_at, &out);
    replay_close(r);
    return out;
}

static bool is_fault(const struct outcome *out, const struct shape *s)
{
    return out->verdict != VERDICT_OK &&
           !(out->verdict == VERDICT_NO_MEMORY && s->exhausts);
}

static void report(const struct fuzz_setup *f, const struct fuzz_result *r,
                   double spent)
{
    char what[120];

    if (!f->progress)
        return;
    snprintf(what, sizeof what,
             "fuzzing: %llu traces, %llu operations, %.0f of %.0f seconds",
             (unsigned long long)r->traces, (unsigned long long)r->operations,
             spent, f->seconds);
    f->progress(what);
}

struct fuzz_result fuzz(const struct fuzz_setup *f)
{
    struct fuzz_result r = {.trace = NULL};
    uint64_t seed = f->replay.seed;
    double begin = clock_seconds();

    interrupt_catch();
    while (!interrupted && clock_seconds() < begin + f->seconds) {
        struct shape s = shape_of(seed, r.traces);
        struct trace *t = shape_trace(&s, seed, r.traces, f->path);

        r.replay = setup_for(f, &s, t);
        r.outcome = judge(f, &r.replay);
        r.traces++;
        r.operations += t->op_count;
        report(f, &r, clock_seconds() - begin);
        if (is_fault(&r.outcome, &s)) {
            r.trace = t;
            break;
        }
        trace_delete(t);
    }
    return r;
}
