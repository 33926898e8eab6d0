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

enum { CYCLES = 16, KEPT_SHARE = 8 };

static void free_every_other(struct requests *r)
{
    uint32_t count;
    const uint32_t *slots = requests_by_address(r, &count);

    for (uint32_t i = 0; i < count; i += 2)
        requests_free(r, slots[i]);
}

static void run_comb(struct requests *r)
{
    requests_fill(r, r->unit);
    for (uint64_t size = 2; size <= r->max_units && requests_submit(r);
         size++) {
        free_every_other(r);
        requests_fill(r, size * r->unit);
    }
    requests_submit(r);
}

static void free_below(struct requests *r)
{
    uint32_t count;
    const uint32_t *slots = requests_by_address(r, &count);

    for (uint32_t i = 0; i < count - count / KEPT_SHARE; i++)
        requests_free(r, slots[i]);
}

/* Blocks of 1 to n units, until one does not fit into the budget. */
static void fill_at_random(struct requests *r)
{
    uint64_t units;

    do
        units = 1 + random_below(&r->random, r->max_units);
    while (requests_alloc(r, units * r->unit) != NO_SLOT);
}

static void run_sawtooth(struct requests *r)
{
    fill_at_random(r);
    for (int cycle = 1; cycle < CYCLES && requests_submit(r); cycle++) {
        free_below(r);
        fill_at_random(r);
    }
    requests_submit(r);
}

const struct adversary adversary_comb = {
    .name = "comb",
    .idea = "frees every other block by address, asks one unit more",
    .run = run_comb,
    .default_n = "4+16+64",
    .default_budget = 16384,
    .default_unit = 1024,
};

const struct adversary adversary_sawtooth = {
    .name = "sawtooth",
    .idea = "frees all but the eighth on top, asks other sizes, 16 times",
    .run = run_sawtooth,
    .default_n = "16+64+256+1024",
    .default_budget = 16384,
    .default_unit = 1024,
};
