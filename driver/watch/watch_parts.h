/*
 * watch_parts.h - what the files of the view share.
 *
 *     watch.c        steps of the replay, the clock, keys
 *     watch_draw.c   a frame of it
 */
#ifndef WATCH_PARTS_H
#define WATCH_PARTS_H

#include "base/bitset.h"
#include "frame.h"
#include "heap_map.h"
#include "watch.h"

enum { SPARKLINE_WIDTH = 60 };

struct view {
    const struct watch_setup *setup;
    struct replay *replay;
    struct outcome *outcome;
    struct frame frame;
    struct heap_cell cells[FRAME_ROWS * FRAME_COLUMNS];
    struct bitset *used_units;         /* pages; NULL for the simulated heap */
    double sparkline[SPARKLINE_WIDTH]; /* utilization then, 0 = not there yet */
    double speed;                      /* operations a second */
    double due; /* how far it should be by now, in operations */
    bool paused, fault, quit;
};

static inline const struct trace *trace_of(const struct view *w)
{
    return w->setup->replay.trace;
}

static inline uint64_t done_of(const struct view *w)
{
    return w->outcome->ops_done;
}

static inline bool at_end(const struct view *w)
{
    return w->fault || done_of(w) == trace_of(w)->op_count;
}

static inline uint64_t footprint_of(const struct oracle *o)
{
    return o->brk + o->mapped;
}

static inline double ratio(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

/* Draw all but the keys; returns the row that is left for them. */
int watch_draw(struct view *w, int rows, int columns);

/* Keys, where there are any, and what the view is doing. */
void watch_draw_state(struct view *w, int row, bool has_keys);

#endif
