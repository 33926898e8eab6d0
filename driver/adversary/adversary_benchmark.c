/*
 * adversary_benchmark.c - carry an adversary's requests out in a checked
 * replay: the worker calls the allocator, and the oracle has the addresses.
 */
#define _GNU_SOURCE
#include "adversary_benchmark.h"

#include "base/fatal.h"
#include "base/interrupt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- One run. ---- */

/* Where the requests go: the context of requests_carry_out. */
struct target {
    struct replay *replay;
    struct outcome *outcome;
};

static void copy_addresses(struct requests *r, const struct oracle *o)
{
    for (uint32_t slot = 0; slot < r->slot_count; slot++)
        if (r->blocks[slot].live)
            r->blocks[slot].address = o->live[slot].address;
}

static bool carry_out(struct requests *r, void *context)
{
    struct target *target = context;

    if (interrupted ||
        !replay_advance(target->replay, r->trace->op_count, target->outcome))
        return false;
    copy_addresses(r, replay_oracle(target->replay));
    return true;
}

static struct requests requests_for(const struct adversary_setup *c, size_t n,
                                    struct target *target)
{
    return (struct requests){.unit = c->unit,
                             .max_units = c->n[n],
                             .budget = c->budget,
                             .random = c->seed,
                             .carry_out = carry_out,
                             .context = target};
}

static void run_adversary(const struct adversary_benchmark *t,
                          struct requests *r, struct replay_setup *setup,
                          struct adversary_result *result)
{
    struct target *target = r->context;

    target->outcome = &result->outcome;
    setup->trace = r->trace;
    target->replay = replay_open(setup);
    if (replay_start(target->replay, &result->outcome))
        t->adversary_setup.adversary->run(r);
    if (interrupted)
        result->outcome.verdict = VERDICT_NOT_RUN;
    else
        replay_finish(target->replay, &result->outcome);
    replay_close(target->replay);
}

/* ---- Records. ---- */

/* An allocator may be called by its path: then its name is no folder's. */
static void flatten(char *name, size_t length)
{
    for (size_t i = 0; i < length; i++)
        if (name[i] == '/')
            name[i] = '_';
}

char *adversary_benchmark_record(const struct adversary_benchmark *t,
                                 size_t allocator, size_t n)
{
    const char *path = t->record, *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash : path, '.');
    int stem = dot ? (int)(dot - path) : (int)strlen(path);
    char *name;

    if (t->allocator_count * t->adversary_setup.n_count == 1)
        return check_alloc(strdup(path));
    const char *who = t->allocators[allocator]->name;

    if (asprintf(&name, "%.*s.%s-%" PRIu64 "%s", stem, path, who,
                 t->adversary_setup.n[n], dot ? dot : "") < 0)
        check_alloc(NULL);
    flatten(name + stem + 1, strlen(who));
    return name;
}

static void write_record(const struct adversary_benchmark *t, size_t allocator,
                         size_t n, const struct trace *trace)
{
    if (!t->record || trace->op_count == 0)
        return;
    char *path = adversary_benchmark_record(t, allocator, n);

    trace_write(trace, path);
    free(path);
}

/* ---- All runs. ---- */

static void report_progress(const struct adversary_benchmark *t,
                            size_t allocator, size_t n)
{
    char what[256];

    if (!t->progress)
        return;
    snprintf(what, sizeof what, "%s: n = %" PRIu64 ": %s",
             t->adversary_setup.adversary->name, t->adversary_setup.n[n],
             t->allocators[allocator]->name);
    t->progress(what);
}

static void run_one(struct adversary_benchmark *t, size_t allocator, size_t n)
{
    const struct adversary_setup *c = &t->adversary_setup;
    struct adversary_result *result = &t->results[allocator * c->n_count + n];
    struct replay_setup setup = t->setup;
    struct target target;
    struct requests requests = requests_for(c, n, &target);
    char origin[128];

    report_progress(t, allocator, n);
    adversary_setup_text(c, n, origin, sizeof origin);
    setup.allocator = t->allocators[allocator];
    setup.origin = origin;
    requests_begin(&requests, c->adversary->name);
    run_adversary(t, &requests, &setup, result);
    trace_close(requests.trace);
    result->operations = requests.trace->op_count;
    result->peak_payload = requests.trace->peak_payload;
    result->ratio =
        (double)result->outcome.footprint / (double)(c->budget * c->unit);
    write_record(t, allocator, n, requests.trace);
    trace_delete(requests.trace);
    requests_end(&requests);
}

void adversary_benchmark_run(struct adversary_benchmark *t)
{
    size_t columns = t->adversary_setup.n_count,
           count = t->allocator_count * columns;

    t->results = check_alloc(calloc(count + 1, sizeof *t->results));
    for (size_t i = 0; i < count; i++)
        t->results[i].outcome.verdict = VERDICT_NOT_RUN;
    interrupt_catch();
    for (size_t i = 0; i < count && !interrupted; i++)
        run_one(t, i / columns, i % columns);
    t->interrupted = interrupted;
}

void adversary_benchmark_free(struct adversary_benchmark *t)
{
    free(t->results);
}

const struct adversary_result *
adversary_benchmark_result(const struct adversary_benchmark *t,
                           size_t allocator, size_t n)
{
    return &t->results[allocator * t->adversary_setup.n_count + n];
}

bool adversary_benchmark_all_ok(const struct adversary_benchmark *t)
{
    for (size_t i = 0; i < t->allocator_count * t->adversary_setup.n_count; i++)
        if (t->results[i].outcome.verdict != VERDICT_OK)
            return false;
    return true;
}
