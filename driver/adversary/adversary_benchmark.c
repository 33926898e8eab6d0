/*
 * adversary benchmark.c - between an adversary and a worker: what the one asks for goes
 * through the checked replay, and the oracle knows the addresses.
 */
#define _GNU_SOURCE
#include "adversary_benchmark.h"

#include "base/fatal.h"
#include "base/interrupt.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* ---- The game of one duel. ---- */

struct bout {
    struct replay *replay;
    struct outcome *outcome;
};

static void tell_addresses(struct game *g, const struct oracle *o)
{
    for (uint32_t slot = 0; slot < g->slot_count; slot++)
        if (g->blocks[slot].live)
            g->blocks[slot].address = o->live[slot].address;
}

static bool carry_out(struct game *g, void *allocator)
{
    struct bout *bout = allocator;

    if (interrupted ||
        !replay_advance(bout->replay, g->trace->op_count, bout->outcome))
        return false;
    tell_addresses(g, replay_oracle(bout->replay));
    return true;
}

static struct game game_for(const struct adversary_setup *c, size_t n,
                            struct bout *bout)
{
    return (struct game){.unit = c->unit,
                         .largest = c->n[n],
                         .budget = c->budget,
                         .random = c->seed,
                         .answer = carry_out,
                         .allocator = bout};
}

static void play(const struct adversary_benchmark *t, struct game *g,
                 struct replay_setup *setup, struct adversary_result *d)
{
    struct bout *bout = g->allocator;

    bout->outcome = &d->outcome;
    setup->trace = g->trace;
    bout->replay = replay_open(setup);
    if (replay_start(bout->replay, &d->outcome))
        t->adversary_setup.adversary->play(g);
    if (interrupted)
        d->outcome.verdict = VERDICT_NOT_RUN;
    else
        replay_finish(bout->replay, &d->outcome);
    replay_close(bout->replay);
}

/* ---- Records. ---- */

char *adversary_benchmark_record(const struct adversary_benchmark *t,
                                 size_t allocator, size_t n)
{
    const char *path = t->record, *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash : path, '.');
    int stem = dot ? (int)(dot - path) : (int)strlen(path);
    char *name;

    if (t->allocator_count * t->adversary_setup.n_count == 1)
        return check_alloc(strdup(path));
    if (asprintf(&name, "%.*s.%s-%" PRIu64 "%s", stem, path,
                 t->allocators[allocator]->name, t->adversary_setup.n[n],
                 dot ? dot : "") < 0)
        check_alloc(NULL);
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

/* ---- Duels. ---- */

static void tell(const struct adversary_benchmark *t, size_t allocator,
                 size_t n)
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
    struct adversary_result *d =
        &t->adversary_results[allocator * c->n_count + n];
    struct replay_setup setup = t->setup;
    struct bout bout;
    struct game game = game_for(c, n, &bout);
    char origin[128];

    tell(t, allocator, n);
    adversary_setup_text(c, n, origin, sizeof origin);
    setup.allocator = t->allocators[allocator];
    setup.origin = origin;
    game_begin(&game, c->adversary->name);
    play(t, &game, &setup, d);
    trace_close(game.trace);
    d->operations = game.trace->op_count;
    d->peak_payload = game.trace->peak_payload;
    d->ratio = (double)d->outcome.footprint / (double)(c->budget * c->unit);
    write_record(t, allocator, n, game.trace);
    trace_delete(game.trace);
    game_end(&game);
}

void adversary_benchmark_run(struct adversary_benchmark *t)
{
    size_t columns = t->adversary_setup.n_count,
           count = t->allocator_count * columns;

    t->adversary_results =
        check_alloc(calloc(count + 1, sizeof *t->adversary_results));
    for (size_t i = 0; i < count; i++)
        t->adversary_results[i].outcome.verdict = VERDICT_NOT_RUN;
    interrupt_catch();
    for (size_t i = 0; i < count && !interrupted; i++)
        run_one(t, i / columns, i % columns);
    t->interrupted = interrupted;
}

void adversary_benchmark_free(struct adversary_benchmark *t)
{
    free(t->adversary_results);
}

const struct adversary_result *
adversary_benchmark_result(const struct adversary_benchmark *t,
                           size_t allocator, size_t n)
{
    return &t->adversary_results[allocator * t->adversary_setup.n_count + n];
}

bool adversary_benchmark_all_ok(const struct adversary_benchmark *t)
{
    for (size_t i = 0; i < t->allocator_count * t->adversary_setup.n_count; i++)
        if (t->adversary_results[i].outcome.verdict != VERDICT_OK)
            return false;
    return true;
}
