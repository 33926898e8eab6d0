/*
 * adversary_comb.c - two patterns: fill the heap, free much of it, fill again.
 *
 * comb frees every other block by address and then allocates blocks that are
 * one unit larger than the holes. It wastes memory until neighbours happen to
 * be freed together:
 *
 *     [1][1][1][1][1][1]   [1]   [1]   [1]  [ 2 ][ 2 ]...
 *
 * sawtooth frees all blocks except the eighth at the highest addresses, so that
 * the heap cannot shrink, and then allocates blocks of new random sizes. An
 * allocator that merges free neighbours needs little more than M.
 */
#include "adversary.h"

#include "base/random.h"

/* sawtooth fills the heap so many times; it keeps 1 of KEPT_SHARE blocks. */
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

/* Allocate blocks of 1 to n units until one exceeds the budget. */
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
    .idea = "frees every other block by address, then allocates larger ones",
    .run = run_comb,
    .default_n = "4+16+64",
    .default_budget = 16384,
    .default_unit = 1024,
};

const struct adversary adversary_sawtooth = {
    .name = "sawtooth",
    .idea = "frees all except the top eighth, then allocates other sizes",
    .run = run_sawtooth,
    .default_n = "16+64+256+1024",
    .default_budget = 16384,
    .default_unit = 1024,
};
