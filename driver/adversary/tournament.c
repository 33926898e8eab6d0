/*
 * tournament.c - between an adversary and a worker: what the one asks for goes
 * through the checked replay, and the oracle knows the addresses.
 */
#define _GNU_SOURCE
#include "tournament.h"

#include "../complain.h"
#include "../interrupt.h"

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

static struct game game_for(const struct challenge *c, size_t n,
                            struct bout *bout)
{
    return (struct game){.unit = c->unit,
                         .largest = c->n[n],
                         .budget = c->budget,
                         .random = c->seed,
                         .answer = carry_out,
                         .allocator = bout};
}

static void play(const struct tournament *t, struct game *g,
                 struct replay_setup *setup, struct duel *d)
{
    struct bout *bout = g->allocator;

    bout->outcome = &d->outcome;
    setup->trace = g->trace;
    bout->replay = replay_open(setup);
    if (replay_start(bout->replay, &d->outcome))
        t->challenge.adversary->play(g);
    if (interrupted)
        d->outcome.verdict = VERDICT_NOT_RUN;
    else
        replay_finish(bout->replay, &d->outcome);
    replay_close(bout->replay);
}

/* ---- Records. ---- */

char *tournament_record(const struct tournament *t, size_t allocator, size_t n)
{
    const char *path = t->record, *slash = strrchr(path, '/');
    const char *dot = strrchr(slash ? slash : path, '.');
    int stem = dot ? (int)(dot - path) : (int)strlen(path);
    char *name;

    if (t->allocator_count * t->challenge.n_count == 1)
        return need(strdup(path));
    if (asprintf(&name, "%.*s.%s-%" PRIu64 "%s", stem, path,
                 t->allocators[allocator]->name, t->challenge.n[n],
                 dot ? dot : "") < 0)
        need(NULL);
    return name;
}

static void write_record(const struct tournament *t, size_t allocator, size_t n,
                         const struct trace *trace)
{
    if (!t->record || trace->op_count == 0)
        return;
    char *path = tournament_record(t, allocator, n);

    trace_write(trace, path);
    free(path);
}

/* ---- Duels. ---- */

static void tell(const struct tournament *t, size_t allocator, size_t n)
{
    char what[256];

    if (!t->progress)
        return;
    snprintf(what, sizeof what, "%s: n = %" PRIu64 ": %s",
             t->challenge.adversary->name, t->challenge.n[n],
             t->allocators[allocator]->name);
    t->progress(what);
}

static void run_duel(struct tournament *t, size_t allocator, size_t n)
{
    const struct challenge *c = &t->challenge;
    struct duel *d = &t->duels[allocator * c->n_count + n];
    struct replay_setup setup = t->setup;
    struct bout bout;
    struct game game = game_for(c, n, &bout);
    char origin[128];

    tell(t, allocator, n);
    challenge_text(c, n, origin, sizeof origin);
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

void tournament_run(struct tournament *t)
{
    size_t columns = t->challenge.n_count, count = t->allocator_count * columns;

    t->duels = need(calloc(count + 1, sizeof *t->duels));
    for (size_t i = 0; i < count; i++)
        t->duels[i].outcome.verdict = VERDICT_NOT_RUN;
    interrupt_catch();
    for (size_t i = 0; i < count && !interrupted; i++)
        run_duel(t, i / columns, i % columns);
    t->interrupted = interrupted;
}

void tournament_free(struct tournament *t)
{
    free(t->duels);
}

const struct duel *tournament_duel(const struct tournament *t, size_t allocator,
                                   size_t n)
{
    return &t->duels[allocator * t->challenge.n_count + n];
}

bool tournament_all_ok(const struct tournament *t)
{
    for (size_t i = 0; i < t->allocator_count * t->challenge.n_count; i++)
        if (t->duels[i].outcome.verdict != VERDICT_OK)
            return false;
    return true;
}
