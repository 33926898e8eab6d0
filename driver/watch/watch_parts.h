/*
 * watch_parts.h - what watch.c and watch_draw.c share.
 *
 *     watch.c        the replay, the clock, the keys
 *     watch_draw.c   a frame
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
    struct bitset *used_units; /* see heap_map_draw; NULL: simulated heap */
    double sparkline[SPARKLINE_WIDTH]; /* utilization over time; 0: not yet */
    double speed;                      /* operations per second */
    double due; /* operations that should be done by now */
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

/* Draw the frame except its last row; returns that row. */
int watch_draw(struct view *w, int rows, int columns);

/* Draw the keys, if there are any, and the state of the replay. */
void watch_draw_state(struct view *w, int row, bool has_keys);

#endif
