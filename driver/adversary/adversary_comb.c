/*
 * adversary_comb.c - combs and saws: fill the heap, free much, ask again.
 *
 * comb: every other block by address is freed, and what is asked then is one
 * unit larger than the holes. It waits for neighbours to be freed together:
 *
 *     [1][1][1][1][1][1]   [1]   [1]   [1]  [ 2 ][ 2 ]...
 *
 * sawtooth: all but the eighth at the highest addresses is freed, so that the
 * heap cannot shrink, and sizes are drawn anew: an allocator that merges what
 * lies beside each other needs little more than M.
 */
#include "adversary.h"

#include "base/random.h"

enum { TEETH = 16, KEPT = 8 };

static void free_every_other(struct game *g)
{
    uint32_t count;
    const uint32_t *slots = game_by_address(g, &count);

    for (uint32_t i = 0; i < count; i += 2)
        game_give(g, slots[i]);
}

static void play_comb(struct game *g)
{
    game_fill(g, g->unit);
    for (uint64_t size = 2; size <= g->largest && game_move(g); size++) {
        free_every_other(g);
        game_fill(g, size * g->unit);
    }
    game_move(g);
}

static void free_below(struct game *g)
{
    uint32_t count;
    const uint32_t *slots = game_by_address(g, &count);

    for (uint32_t i = 0; i < count - count / KEPT; i++)
        game_give(g, slots[i]);
}

/* Blocks of 1 to n units, until one does not fit into the budget. */
static void fill_at_random(struct game *g)
{
    uint64_t units;

    do
        units = 1 + random_below(&g->random, g->largest);
    while (game_ask(g, units * g->unit) != NO_SLOT);
}

static void play_sawtooth(struct game *g)
{
    fill_at_random(g);
    for (int tooth = 1; tooth < TEETH && game_move(g); tooth++) {
        free_below(g);
        fill_at_random(g);
    }
    game_move(g);
}

const struct adversary adversary_comb = {
    .name = "comb",
    .idea = "frees every other block by address, asks one unit more",
    .play = play_comb,
    .n = "4+16+64",
    .budget = 16384,
    .unit = 1024,
};

const struct adversary adversary_sawtooth = {
    .name = "sawtooth",
    .idea = "frees all but the eighth on top, asks other sizes, 16 times",
    .play = play_sawtooth,
    .n = "16+64+256+1024",
    .budget = 16384,
    .unit = 1024,
};
