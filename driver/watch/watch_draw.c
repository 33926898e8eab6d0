/*
 * watch_draw.c - draw a frame: the heap's map, its figures, the state.
 *
 *     mm  bash-life.rep.gz         operation 2000 of 57657 (4 %)
 *     █████▆█████▂▂▁▁····             the map: rows that fill as the heap grows
 *     ...
 *     figures                         payload, footprint, holes, sparkline
 *     keys
 */
#include "watch_parts.h"

#include <string.h>

enum {
    TITLE_ROWS = 1,
    FIGURE_ROWS = 6,
    MIN_ROWS = TITLE_ROWS + 1 + FIGURE_ROWS,
    SPARKLINE_COLUMN = 13
};

static uint64_t live_blocks(const struct oracle *o)
{
    uint64_t count = 0;

    for (uint32_t slot = 0; slot < o->slot_count; slot++)
        count += o->live[slot].in_use ? 1 : 0;
    return count;
}

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
             100 * ratio(done_of(w), count));
    frame_print(f, 0, 0, "%s  %s", w->setup->replay.allocator->name,
                trace_of(w)->name);
    frame_print(f, 0, f->columns - (int)strlen(right), "%s", right);
}

/* The colour of what most of the cell's free bytes are: overhead or holes. */
static enum colour colour_of(const struct heap_cell *c)
{
    uint64_t rest = c->size - c->live;

    if (rest * 16 <= c->size)
        return COLOUR_LIVE;
    return c->overhead * 2 >= rest ? COLOUR_OVERHEAD : COLOUR_HOLE;
}

/* A cell that has any live byte has at least level 1. */
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

    heap_map_draw(&m, replay_oracle(w->replay), w->used_units);
    for (size_t i = 0; i < m.count; i++)
        if (m.cells[i].size > 0)
            frame_put_level(f, TITLE_ROWS + (int)i / f->columns,
                            (int)i % f->columns, level_of(&m.cells[i]),
                            colour_of(&m.cells[i]));
    return m;
}

static int draw_legend_of(struct frame *f, int row, int column, int level,
                          enum colour colour, const char *text)
{
    frame_put_level(f, row, column, level, colour);
    return frame_print(f, row, column + 1, " %s", text) + 3;
}

static void draw_legend(struct view *w, int row, const struct heap_map *m)
{
    struct frame *f = &w->frame;
    char cell_bytes[16];
    int column = frame_print(f, row, 0, "a cell: %s",
                             bytes_text(m->cell_bytes, cell_bytes)) +
                 3;

    column = draw_legend_of(f, row, column, LEVELS, COLOUR_LIVE, "live");
    column =
        draw_legend_of(f, row, column, LEVELS / 2, COLOUR_OVERHEAD, "overhead");
    column = draw_legend_of(f, row, column, LEVELS / 2, COLOUR_HOLE, "holes");
    draw_legend_of(f, row, column, 0, COLOUR_HOLE, "nothing live");
}

static void draw_figures(struct view *w, int row, const struct heap_map *m)
{
    const struct oracle *o = replay_oracle(w->replay);
    uint64_t footprint = footprint_of(o);
    struct frame *f = &w->frame;
    char a[16], b[16], c[16];

    frame_print(f, row, 0, "payload %-10s footprint %-10s utilization %.1f %%",
                bytes_text(o->payload, a), bytes_text(footprint, b),
                100 * ratio(o->payload, footprint));
    frame_print(f, row + 1, 0,
                "blocks %-9llu holes %llu of %s, largest %s; overhead %s",
                (unsigned long long)live_blocks(o),
                (unsigned long long)m->hole_count, bytes_text(m->hole_bytes, a),
                bytes_text(m->largest_hole, b), bytes_text(m->overhead, c));
}

/* Show the operation that failed, or the last one that was carried out. */
static void draw_operation(struct view *w, int row)
{
    char text[64];
    uint64_t done = done_of(w), stopped = replay_stopped_at(w->replay);

    if (stopped < trace_of(w)->op_count)
        frame_print(&w->frame, row, 0, "stopped at   %s",
                    trace_text(trace_of(w), stopped, text, sizeof text));
    else if (done > 0)
        frame_print(&w->frame, row, 0, "last done    %s",
                    trace_text(trace_of(w), done - 1, text, sizeof text));
}

static void draw_sparkline(struct view *w, int row)
{
    frame_print(&w->frame, row, 0, "utilization");
    for (int i = 0; i < SPARKLINE_WIDTH; i++)
        if (w->sparkline[i] > 0)
            frame_put_level(&w->frame, row, SPARKLINE_COLUMN + i,
                            (int)(w->sparkline[i] * LEVELS + 0.5), COLOUR_LIVE);
}

int watch_draw(struct view *w, int rows, int columns)
{
    struct frame *f = &w->frame;

    frame_clear(f, rows, columns);
    if (rows < MIN_ROWS) {
        frame_print(f, 0, 0, "%d rows are too few; %d are needed", rows,
                    MIN_ROWS);
        return f->rows;
    }
    int row = f->rows - FIGURE_ROWS;

    draw_title(w);
    struct heap_map m = draw_map(w, row - TITLE_ROWS);
    draw_legend(w, row, &m);
    draw_figures(w, row + 1, &m);
    draw_operation(w, row + 3);
    draw_sparkline(w, row + 4);
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
    else if (w->setup->unlimited)
        frame_print(f, row, column, "at full speed");
    else
        frame_print(f, row, column, "%.0f operations/s", w->speed);
}

void watch_draw_state(struct view *w, int row, bool has_keys)
{
    static const char keys[] = "space pauses  . steps  + - speed  q quits";

    if (has_keys)
        frame_print(&w->frame, row, 0, "%s", keys);
    draw_state(w, row, sizeof keys + 5);
}
