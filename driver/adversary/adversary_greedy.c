/*
 * adversary_greedy.c - from the lowest address up, free each block whose
 * freeing leaves no hole that is large enough for the next request.
 *
 *     next: 3      [a][b ][c][d][e ][f]...
 *                       .....    .....      freed: less than 3 units are free
 *                  [a]      [c][d]     [f]  together with their free neighbours
 *
 * The next size is larger by a random part of itself, up to n. Unlike robson's,
 * the sizes are no powers of two, and what is kept follows the addresses rather
 * than a grid. There is no theorem about it.
 */
#include "adversary.h"

#include "base/random.h"

/* Free blocks as long as every hole stays smaller than `next` bytes. */
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
    .idea = "frees all blocks that leave no hole for the next, random size",
    .run = run,
    .default_n = "16+64+256+1024",
    .default_budget = 16384,
    .default_unit = 1024,
};
