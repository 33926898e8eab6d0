/*
 * adversary_greedy.c - no theorem: of the blocks that there are free as many as
 * leaves no hole for what is asked next, from the lowest address up.
 *
 *     next: 3      [a][b ][c][d][e ][f]...
 *                       .....    .....      freed where less than 3 are free
 *                  [a]      [c][d]     [f]  together with what is free already
 *
 * What is asked grows by a random part of itself, up to n: sizes that are no
 * powers of two, and a grid that follows the addresses.
 */
#include "adversary.h"

#include "base/random.h"

/* Free what it may where holes have to stay below `next` bytes. */
static void free_unusable(struct game *g, uint64_t next)
{
    uint32_t count;
    const uint32_t *slots = game_by_address(g, &count);
    uint64_t hole = count > 0 ? g->blocks[slots[0]].address : 0;

    for (uint32_t i = 0; i + 1 < count; i++) {
        const struct block *b = &g->blocks[slots[i]];

        if (g->blocks[slots[i + 1]].address - hole < next)
            game_give(g, slots[i]);
        else
            hole = b->address + b->size;
    }
}

static void play(struct game *g)
{
    uint64_t size = 1;

    game_fill(g, g->unit);
    while (size < g->largest && game_move(g)) {
        size += 1 + random_below(&g->random, size);
        if (size > g->largest)
            size = g->largest;
        free_unusable(g, size * g->unit);
        game_fill(g, size * g->unit);
    }
    game_move(g);
}

const struct adversary adversary_greedy = {
    .name = "greedy",
    .idea = "frees all that leaves no hole for the next, random, size",
    .play = play,
    .n = "16+64+256+1024",
    .budget = 16384,
    .unit = 1024,
};
