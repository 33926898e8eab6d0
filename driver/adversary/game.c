/*
 * game.c - the budget, the slots, the trace.
 */
#define _GNU_SOURCE
#include "game.h"

#include "base/fatal.h"

#include <assert.h>
#include <stdlib.h>

void game_begin(struct game *g, const char *path)
{
    g->slot_count = (uint32_t)(g->budget * SMALLEST_PART);
    g->trace = trace_new(path, g->slot_count);
    g->blocks = check_alloc(calloc(g->slot_count, sizeof *g->blocks));
    g->unused = check_alloc(malloc(g->slot_count * sizeof *g->unused));
    g->sorted = check_alloc(malloc(g->slot_count * sizeof *g->sorted));
    g->unused_count = g->slot_count;
    for (uint32_t i = 0; i < g->slot_count; i++)
        g->unused[i] = g->slot_count - 1 - i;
    g->live = g->done = 0;
    g->over = false;
}

void game_end(struct game *g)
{
    free(g->blocks);
    free(g->unused);
    free(g->sorted);
}

uint32_t game_ask(struct game *g, uint64_t bytes)
{
    assert(bytes * SMALLEST_PART >= g->unit);
    if (bytes > g->budget * g->unit - g->live)
        return NO_SLOT;
    uint32_t slot = g->unused[--g->unused_count];

    g->blocks[slot] = (struct block){0, bytes, true};
    g->live += bytes;
    trace_add(g->trace, op_make(OP_ALLOC, slot, bytes, 0));
    return slot;
}

uint64_t game_fill(struct game *g, uint64_t bytes)
{
    uint64_t count = 0;

    while (game_ask(g, bytes) != NO_SLOT)
        count++;
    return count;
}

void game_give(struct game *g, uint32_t slot)
{
    struct block *b = &g->blocks[slot];

    assert(b->live);
    b->live = false;
    g->live -= b->size;
    g->unused[g->unused_count++] = slot;
    trace_add(g->trace, op_make(OP_FREE, slot, 0, 0));
}

bool game_move(struct game *g)
{
    g->over = g->over || !g->answer(g, g->allocator);
    g->done = g->trace->op_count;
    return !g->over;
}

static int by_address(const void *a, const void *b, void *blocks)
{
    uint64_t x = ((struct block *)blocks)[*(const uint32_t *)a].address;
    uint64_t y = ((struct block *)blocks)[*(const uint32_t *)b].address;

    return (x > y) - (x < y);
}

const uint32_t *game_by_address(struct game *g, uint32_t *count)
{
    *count = 0;
    for (uint32_t slot = 0; slot < g->slot_count; slot++)
        if (g->blocks[slot].live)
            g->sorted[(*count)++] = slot;
    qsort_r(g->sorted, *count, sizeof *g->sorted, by_address, g->blocks);
    return g->sorted;
}
