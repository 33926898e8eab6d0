/*
 * watch.c - in a loop, advance the checked replay and draw a frame.
 */
#define _GNU_SOURCE
#include "watch.h"

#include "base/clock.h"
#include "base/fatal.h"
#include "base/interrupt.h"
#include "screen.h"
#include "watch_parts.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>

enum { PLAIN_ROWS = 18, PLAIN_FRAMES = 5, FRAME_MS = 40, SECONDS = 10 };

static const double speed_step = 1.5;

/* ---- Advancing the replay. ---- */

/* Add the units of the blocks that operations from first on have allocated. */
static void note_used_units(struct view *w, uint64_t first)
{
    const struct oracle *o = replay_oracle(w->replay);

    for (uint64_t i = first; i < done_of(w); i++) {
        const struct live *l = &o->live[op_slot(trace_of(w)->ops[i])];

        if (l->in_use && l->size > 0)
            bitset_add(w->used_units, l->address / MEM_UNIT,
                       (l->address + l->size - 1) / MEM_UNIT -
                           l->address / MEM_UNIT + 1);
    }
}

/* Set the present column of the sparkline. */
static void sample_utilization(struct view *w)
{
    const struct oracle *o = replay_oracle(w->replay);
    uint64_t count = trace_of(w)->op_count;

    if (done_of(w) == 0)
        return;
    w->sparkline[(done_of(w) - 1) * SPARKLINE_WIDTH / count] =
        ratio(o->payload, footprint_of(o));
}

static void advance_batch(struct view *w, uint64_t until)
{
    uint64_t first = done_of(w);

    replay_restart_clock(w->replay);
    w->fault = !replay_advance(w->replay, until, w->outcome);
    if (w->used_units)
        note_used_units(w, first);
    sample_utilization(w);
}

/* The operation at which the present column of the sparkline ends. */
static uint64_t end_of_column(const struct view *w)
{
    uint64_t count = trace_of(w)->op_count;
    uint64_t column = done_of(w) * SPARKLINE_WIDTH / count + 1;

    return (column * count + SPARKLINE_WIDTH - 1) / SPARKLINE_WIDTH;
}

/* Carry out the operations before `until`, in batches of one column each. */
static void advance(struct view *w, uint64_t until)
{
    if (until > trace_of(w)->op_count)
        until = trace_of(w)->op_count;
    while (!at_end(w) && done_of(w) < until) {
        uint64_t end = end_of_column(w);

        advance_batch(w, end < until ? end : until);
    }
}

/* ---- Beginning and end. ---- */

static void open_watch(struct view *w, const struct watch_setup *setup,
                       struct outcome *outcome)
{
    setlocale(LC_CTYPE, "");
    w->frame.unicode = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    w->setup = setup;
    w->outcome = outcome;
    w->speed = setup->speed > 0
                   ? setup->speed
                   : (double)setup->replay.trace->op_count / SECONDS;
    if (setup->replay.allocator->kind == WORKER_SYSTEM)
        w->used_units = bitset_new();
    w->replay = replay_open(&setup->replay);
    w->fault = !replay_start(w->replay, outcome);
}

static bool close_watch(struct view *w)
{
    bool ended = at_end(w);

    if (ended)
        replay_finish(w->replay, w->outcome);
    replay_close(w->replay);
    bitset_delete(w->used_units);
    free(w);
    return ended;
}

bool watch_plain(FILE *out, const struct watch_setup *setup,
                 struct outcome *outcome)
{
    struct view *w = check_alloc(calloc(1, sizeof *w));
    uint64_t count = setup->replay.trace->op_count;

    interrupt_catch();
    open_watch(w, setup, outcome);
    for (int i = 1; i <= PLAIN_FRAMES && !at_end(w) && !interrupted; i++) {
        advance(w, count * (uint64_t)i / PLAIN_FRAMES);
        watch_draw(w, PLAIN_ROWS, FRAME_COLUMNS);
        frame_write(out, &w->frame);
    }
    return close_watch(w);
}

/* ---- On a terminal. ---- */

static void handle_key(struct view *w, int key)
{
    switch (key) {
    case ' ':
        w->paused = !w->paused;
        return;
    case '.':
        w->paused = true;
        advance(w, done_of(w) + 1);
        return;
    case '+':
    case '=':
        w->speed *= speed_step;
        return;
    case '-':
        w->speed /= speed_step;
        return;
    case 'q':
        w->quit = true;
    }
}

/* Replay at full speed until that time, in seconds of clock_seconds(). */
static void advance_until(struct view *w, double end)
{
    enum { CHUNK_OPS = 4096 };

    do
        advance(w, done_of(w) + CHUNK_OPS);
    while (!at_end(w) && !interrupted && clock_seconds() < end);
}

/* Carry out the operations that are due after so many more seconds. */
static void advance_by_time(struct view *w, double seconds)
{
    if (w->paused) {
        w->due = (double)done_of(w);
        return;
    }
    if (w->setup->unlimited) {
        advance_until(w, clock_seconds() + FRAME_MS * 1e-3);
        return;
    }
    if (w->due < (double)done_of(w))
        w->due = (double)done_of(w);
    w->due += seconds * w->speed;
    advance(w, (uint64_t)w->due);
}

static void show(struct view *w)
{
    int rows, columns;

    screen_size(&rows, &columns);
    watch_draw_state(w, watch_draw(w, rows, columns), screen_has_keys());
    screen_show(&w->frame);
}

static bool is_running(const struct view *w)
{
    return !w->quit && !interrupted && !(at_end(w) && !screen_has_keys());
}

bool watch_live(const struct watch_setup *setup, struct outcome *outcome)
{
    struct view *w = check_alloc(calloc(1, sizeof *w));

    open_watch(w, setup, outcome);
    screen_open();
    for (double last = clock_seconds(), next; is_running(w); last = next) {
        show(w);
        handle_key(
            w, screen_key(w->setup->unlimited && !w->paused ? 1 : FRAME_MS));
        next = clock_seconds();
        advance_by_time(w, next - last);
    }
    show(w);
    screen_close();
    return close_watch(w);
}
