/*
 * watch.c - steps of the checked replay, and a frame after each.
 *
 *     mm  bash-life.rep.gz         operation 2000 of 57657 (3.5 %)
 *     █████▆█████▂▂▁▁····             the map: rows that fill as the heap grows
 *     ...
 *     figures                         payload, footprint, holes, sparkline
 *     keys
 */
#define _GNU_SOURCE
#include "watch.h"

#include "bitset.h"
#include "complain.h"
#include "heap_map.h"
#include "interrupt.h"
#include "screen.h"

#include <langinfo.h>
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    TITLE_ROWS = 1,
    FIGURE_ROWS = 6,
    LEAST_ROWS = TITLE_ROWS + 1 + FIGURE_ROWS,
    PLAIN_ROWS = 18,
    PLAIN_FRAMES = 5,
    SPARKS = 60,
    SPARK_COLUMN = 13,
    FRAME_MS = 40,
    SECONDS = 10,
    PAGE = 4096
};

static const double speed_step = 1.5;

struct view {
    const struct watch_setup *setup;
    struct replay *replay;
    struct outcome *outcome;
    struct frame frame;
    struct heap_cell cells[FRAME_ROWS * FRAME_COLUMNS];
    struct bitset *touched; /* pages; NULL for the simulated heap */
    double sparks[SPARKS];  /* utilization then, 0 = not there yet */
    double speed;           /* operations a second */
    double due;             /* how far it should be by now, in operations */
    bool paused, fault, left;
};

static const struct trace *trace_of(const struct view *w)
{
    return w->setup->replay.trace;
}

static uint64_t done_of(const struct view *w)
{
    return w->outcome->ops_done;
}

static bool at_end(const struct view *w)
{
    return w->fault || done_of(w) == trace_of(w)->op_count;
}

/* ---- What there is to show. ---- */

static uint64_t footprint_of(const struct oracle *o)
{
    return o->brk + o->mapped;
}

static double share_of(uint64_t part, uint64_t whole)
{
    return whole ? (double)part / (double)whole : 0;
}

static void touch(struct view *w, uint64_t first)
{
    const struct oracle *o = replay_oracle(w->replay);

    for (uint64_t i = first; i < done_of(w); i++) {
        const struct live *l = &o->live[op_slot(trace_of(w)->ops[i])];

        if (l->in_use && l->size > 0)
            bitset_add(w->touched, l->address / PAGE,
                       (l->address + l->size - 1) / PAGE - l->address / PAGE +
                           1);
    }
}

static void spark(struct view *w)
{
    const struct oracle *o = replay_oracle(w->replay);
    uint64_t count = trace_of(w)->op_count;

    if (done_of(w) == 0)
        return;
    w->sparks[(done_of(w) - 1) * SPARKS / count] =
        share_of(o->payload, footprint_of(o));
}

static void advance_part(struct view *w, uint64_t until)
{
    uint64_t first = done_of(w);

    replay_allow_time(w->replay);
    w->fault = !replay_advance(w->replay, until, w->outcome);
    if (w->touched)
        touch(w, first);
    spark(w);
}

/* Where the part of the trace ends that has the same spark. */
static uint64_t end_of_part(const struct view *w)
{
    uint64_t count = trace_of(w)->op_count;
    uint64_t part = done_of(w) * SPARKS / count + 1;

    return (part * count + SPARKS - 1) / SPARKS;
}

/* Carry out what comes before operation `until`. */
static void advance(struct view *w, uint64_t until)
{
    if (until > trace_of(w)->op_count)
        until = trace_of(w)->op_count;
    while (!at_end(w) && done_of(w) < until) {
        uint64_t end = end_of_part(w);

        advance_part(w, end < until ? end : until);
    }
}

static uint64_t live_blocks(const struct oracle *o)
{
    uint64_t count = 0;

    for (uint32_t slot = 0; slot < o->slot_count; slot++)
        count += o->live[slot].in_use ? 1 : 0;
    return count;
}

/* ---- Drawing. ---- */

static const char *bytes_text(uint64_t bytes, char text[16])
{
    static const char *const units[] = {"B", "KiB", "MiB", "GiB", "TiB"};
    double value = (double)bytes;
    int unit = 0;

    for (; value >= 1024 && unit < 4; unit++)
        value /= 1024;
    bool whole = value >= 100 || value == (double)(uint64_t)value;
    snprintf(text, 16, "%.*f %s", whole ? 0 : 1, value, units[unit]);
    return text;
}

static void draw_title(struct view *w)
{
    char right[64];
    uint64_t count = trace_of(w)->op_count;
    struct frame *f = &w->frame;

    snprintf(right, sizeof right, "  operation %llu of %llu (%.0f %%)",
             (unsigned long long)done_of(w), (unsigned long long)count,
             100 * share_of(done_of(w), count));
    frame_print(f, 0, 0, "%s  %s", w->setup->replay.allocator->name,
                trace_of(w)->name);
    frame_print(f, 0, f->columns - (int)strlen(right), "%s", right);
}

/* What the cell lacks to be full: is it holes, or lost between blocks? */
static enum paint paint_of(const struct heap_cell *c)
{
    uint64_t rest = c->size - c->live;

    if (rest * 16 <= c->size)
        return PAINT_LIVE;
    return c->overhead * 2 >= rest ? PAINT_OVERHEAD : PAINT_HOLE;
}

/* A whole block is for cells that are live to the last byte but a few. */
static int level_of(const struct heap_cell *c)
{
    int level = (int)(c->live * LEVELS / c->size);

    return level == 0 && c->live > 0 ? 1 : level;
}

static struct heap_map draw_map(struct view *w, int rows)
{
    struct frame *f = &w->frame;
    struct heap_map m = {.cells = w->cells,
                         .count = (size_t)(rows * f->columns)};

    heap_map_draw(&m, replay_oracle(w->replay), w->touched);
    for (size_t i = 0; i < m.count; i++)
        if (m.cells[i].size > 0)
            frame_level(f, TITLE_ROWS + (int)i / f->columns,
                        (int)i % f->columns, level_of(&m.cells[i]),
                        paint_of(&m.cells[i]));
    return m;
}

static int draw_legend_of(struct frame *f, int row, int column, int level,
                          enum paint paint, const char *text)
{
    frame_level(f, row, column, level, paint);
    return frame_print(f, row, column + 1, " %s", text) + 3;
}

static void draw_legend(struct view *w, int row, const struct heap_map *m)
{
    struct frame *f = &w->frame;
    char share[16];
    int column =
        frame_print(f, row, 0, "a cell: %s", bytes_text(m->share, share)) + 3;

    column = draw_legend_of(f, row, column, LEVELS, PAINT_LIVE, "live");
    column = draw_legend_of(f, row, column, LEVELS / 2, PAINT_OVERHEAD,
                            "headers, padding");
    column = draw_legend_of(f, row, column, LEVELS / 2, PAINT_HOLE, "holes");
    draw_legend_of(f, row, column, 0, PAINT_HOLE, "nothing live");
}

static void draw_figures(struct view *w, int row, const struct heap_map *m)
{
    const struct oracle *o = replay_oracle(w->replay);
    uint64_t footprint = footprint_of(o);
    struct frame *f = &w->frame;
    char a[16], b[16], c[16];

    frame_print(f, row, 0, "payload %-10s footprint %-10s utilization %.1f %%",
                bytes_text(o->payload, a), bytes_text(footprint, b),
                100 * share_of(o->payload, footprint));
    frame_print(f, row + 1, 0,
                "blocks %-9llu holes %llu of %s, largest %s; padding %s",
                (unsigned long long)live_blocks(o),
                (unsigned long long)m->holes, bytes_text(m->free, a),
                bytes_text(m->largest, b), bytes_text(m->overhead, c));
}

/* The operation under way, or that has failed. */
static void draw_operation(struct view *w, int row)
{
    char text[64];
    uint64_t op = done_of(w);

    if (w->fault && op < trace_of(w)->op_count)
        frame_print(&w->frame, row, 0, "stopped at   %s",
                    trace_text(trace_of(w), op, text, sizeof text));
    else if (op > 0)
        frame_print(&w->frame, row, 0, "done last    %s",
                    trace_text(trace_of(w), op - 1, text, sizeof text));
}

static void draw_sparks(struct view *w, int row)
{
    frame_print(&w->frame, row, 0, "utilization");
    for (int i = 0; i < SPARKS; i++)
        if (w->sparks[i] > 0)
            frame_level(&w->frame, row, SPARK_COLUMN + i,
                        (int)(w->sparks[i] * LEVELS + 0.5), PAINT_LIVE);
}

/* Returns the row behind the last. */
static int draw(struct view *w, int rows, int columns)
{
    struct frame *f = &w->frame;

    frame_clear(f, rows, columns);
    if (rows < LEAST_ROWS) {
        frame_print(f, 0, 0, "%d rows are too few, %d would do", rows,
                    LEAST_ROWS);
        return f->rows;
    }
    int row = f->rows - FIGURE_ROWS;

    draw_title(w);
    struct heap_map m = draw_map(w, row - TITLE_ROWS);
    draw_legend(w, row, &m);
    draw_figures(w, row + 1, &m);
    draw_operation(w, row + 3);
    draw_sparks(w, row + 4);
    return row + 5;
}

static void draw_state(struct view *w, int row, int column)
{
    struct frame *f = &w->frame;

    if (w->fault)
        frame_print(f, row, column, "a fault");
    else if (at_end(w))
        frame_print(f, row, column, "the end");
    else if (w->paused)
        frame_print(f, row, column, "paused");
    else if (w->setup->at_most)
        frame_print(f, row, column, "as fast as it goes");
    else
        frame_print(f, row, column, "%.0f operations/s", w->speed);
}

static void draw_keys(struct view *w, int row)
{
    static const char keys[] = "space pauses  . steps  + - speed  q quits";

    if (screen_has_keys())
        frame_print(&w->frame, row, 0, "%s", keys);
    draw_state(w, row, sizeof keys + 5);
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
        w->touched = bitset_new();
    w->replay = replay_open(&setup->replay);
    w->fault = !replay_start(w->replay, outcome);
}

static bool close_watch(struct view *w)
{
    bool ended = at_end(w);

    if (ended)
        replay_finish(w->replay, w->outcome);
    replay_close(w->replay);
    bitset_delete(w->touched);
    free(w);
    return ended;
}

bool watch_plain(FILE *out, const struct watch_setup *setup,
                 struct outcome *outcome)
{
    struct view *w = need(calloc(1, sizeof *w));
    uint64_t count = setup->replay.trace->op_count;

    interrupt_catch();
    open_watch(w, setup, outcome);
    for (int i = 1; i <= PLAIN_FRAMES && !at_end(w) && !interrupted; i++) {
        advance(w, count * (uint64_t)i / PLAIN_FRAMES);
        draw(w, PLAIN_ROWS, FRAME_COLUMNS);
        frame_write(out, &w->frame);
    }
    return close_watch(w);
}

/* ---- On a terminal. ---- */

static double now(void)
{
    struct timespec t;

    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static void act(struct view *w, int key)
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
        w->left = true;
    }
}

/* As fast as it goes: until the next frame is due. */
static void run_until(struct view *w, double end)
{
    enum { PIECE = 4096 };

    do
        advance(w, done_of(w) + PIECE);
    while (!at_end(w) && !interrupted && now() < end);
}

/* What the time that went by has room for. */
static void run(struct view *w, double seconds)
{
    if (w->paused) {
        w->due = (double)done_of(w);
        return;
    }
    if (w->setup->at_most) {
        run_until(w, now() + FRAME_MS * 1e-3);
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
    draw_keys(w, draw(w, rows, columns));
    screen_show(&w->frame);
}

static bool goes_on(const struct view *w)
{
    return !w->left && !interrupted && !(at_end(w) && !screen_has_keys());
}

bool watch_live(const struct watch_setup *setup, struct outcome *outcome)
{
    struct view *w = need(calloc(1, sizeof *w));

    open_watch(w, setup, outcome);
    screen_open();
    for (double last = now(), next; goes_on(w); last = next) {
        show(w);
        act(w, screen_key(w->setup->at_most && !w->paused ? 1 : FRAME_MS));
        next = now();
        run(w, next - last);
    }
    show(w);
    screen_close();
    return close_watch(w);
}
