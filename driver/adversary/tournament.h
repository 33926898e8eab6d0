/*
 * tournament.h - allocators times values of n: an adversary plays each.
 */
#ifndef TOURNAMENT_H
#define TOURNAMENT_H

#include "adversary.h"
#include "../replay.h"

/* One allocator, one n. */
struct duel {
    struct outcome outcome;
    uint64_t operations;
    uint64_t peak_payload;
    double ratio; /* peak footprint / M; 0 if unknown */
};

struct tournament {
    /* Set by the caller. */
    struct allocator *const *allocators;
    size_t allocator_count;
    struct challenge challenge;
    struct replay_setup setup; /* allocator and trace are filled in here */
    const char *record;        /* where to write the traces, or NULL */
    void (*progress)(const char *what); /* or NULL */

    /* Set by tournament_run: [allocator][n]. */
    struct duel *duels;
    bool interrupted;
};

/*
 * Run it. After SIGINT what has not been run keeps VERDICT_NOT_RUN. Complains
 * where a record cannot be written.
 */
void tournament_run(struct tournament *t);

void tournament_free(struct tournament *t);

const struct duel *tournament_duel(const struct tournament *t, size_t allocator,
                                   size_t n);

bool tournament_all_ok(const struct tournament *t);

/*
 * The record of that duel: the name given, or where there are several duels
 * that with .ALLOCATOR-N before its ending. malloc'ed.
 */
char *tournament_record(const struct tournament *t, size_t allocator, size_t n);

#endif
