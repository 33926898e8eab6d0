/*
 * Room watch: the heap on a terminal, while a trace is replayed
 * May include: base, trace, worker, check.
 *
 * watch.h - show one allocator's heap while it replays one trace.
 *
 * The checked replay runs at a chosen speed. A frame shows the heap as a map,
 * with figures below: on a terminal, or as a few frames of text.
 */
#ifndef WATCH_H
#define WATCH_H

#include "check/replay.h"

#include <stdio.h>

struct watch_setup {
    struct replay_setup replay;
    double speed;   /* operations per second; 0: the trace takes 10 seconds */
    bool unlimited; /* replay at full speed; speed is not used */
};

/*
 * Watch the replay on the terminal until the user quits. Returns true if the
 * replay reached the end or a fault: then *outcome is that of replay_checked.
 * Returns false if the user quit before.
 */
bool watch_live(const struct watch_setup *setup, struct outcome *outcome);

/* Print some frames at equal parts of the trace; the result is the same. */
bool watch_plain(FILE *out, const struct watch_setup *setup,
                 struct outcome *outcome);

#endif
