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
static void free_unusable(struct requests *r, uint64_t next)
{
    uint32_t count;
    const uint32_t *slots = requests_by_address(r, &count);
    uint64_t hole = count > 0 ? r->blocks[slots[0]].address : 0;

    for (uint32_t i = 0; i + 1 < count; i++) {
        const struct adversary_block *b = &r->blocks[slots[i]];

        if (r->blocks[slots[i + 1]].address - hole < next)
            requests_free(r, slots[i]);
        else
            hole = b->address + b->size;
    }
}

static void run(struct requests *r)
{
    uint64_t size = 1;

    requests_fill(r, r->unit);
    while (size < r->max_units && requests_submit(r)) {
        size += 1 + random_below(&r->random, size);
        if (size > r->max_units)
            size = r->max_units;
        free_unusable(r, size * r->unit);
        requests_fill(r, size * r->unit);
    }
    requests_submit(r);
}

const struct adversary adversary_greedy = {
    .name = "greedy",
    .idea = "frees all that leaves no hole for the next, random, size",
    .run = run,
    .default_n = "16+64+256+1024",
    .default_budget = 16384,
    .default_unit = 1024,
};
