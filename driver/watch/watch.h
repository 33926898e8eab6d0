/*
 * Room watch: the heap on a terminal, while a trace is replayed
 * May include: base, trace,
 * worker, check.
 *
 * watch.h - one allocator on one trace, to look at while it runs.
 *
 * The checked replay at a chosen speed; the heap as a map, with what it holds
 * in figures below. On a terminal, or as some frames of text.
 */
#ifndef WATCH_H
#define WATCH_H

#include "check/replay.h"

#include <stdio.h>

struct watch_setup {
    struct replay_setup replay;
    double speed;   /* operations a second; 0: so that it takes 10 seconds */
    bool unlimited; /* as fast as it goes */
};

/*
 * Watch it. True where the end was reached, or a fault: then *outcome is that
 * of replay_checked. False where it was left before.
 */
bool watch_live(const struct watch_setup *setup, struct outcome *outcome);

/* The same without a clock: some frames, at equal parts of the trace. */
bool watch_plain(FILE *out, const struct watch_setup *setup,
                 struct outcome *outcome);

#endif
