/*
 * adversary_robson.c - the adversary that no allocator escapes.
 *
 *     stage 0     ask blocks of 1 unit until M is live; f = 0
 *     stage i     f becomes f or f + 2^(i-1), whichever is better;
 *                 free what covers no point = f modulo 2^i;
 *                 ask blocks of 2^i until M is live
 *
 *     i = 2, f = 1:   . X . . . X . . . X . . . X . .     X: = f modulo 4
 *                     a a         b b b       c           kept, one at each X
 *                         d d           e e       g g     freed
 *
 * Invariant: every live block covers a point of the grid, and none covers two
 * that do not belong to it. So between two of them less than 2^i is free, and
 * what is asked next fits into none of the holes. A block kept costs its size
 * and spoils 2^i: better is the f that spoils most beyond what it costs.
 *
 * With blocks of 1 to n units of which M are live, any allocator needs
 * M(log2(n)/2 + 1) - n + 1; the best one needs no more where sizes are powers
 * of two (J. M. Robson, An estimate of the store size necessary for dynamic
 * storage allocation, JACM 18(3), 1971; Bounds for some functions concerning
 * dynamic storage allocation, JACM 21(3), 1974). The argument is of intervals:
 * it holds of addresses that are no multiple of the unit, but for one unit.
 */
#include "adversary.h"

/* Does the block cover an address that is = f modulo period? */
static bool covers(const struct adversary_block *b, uint64_t f, uint64_t period)
{
    uint64_t at = (f + period - b->address % period) % period;

    return at < b->size;
}

/* What keeping the blocks on that grid spoils beyond what they cost. */
static uint64_t gain(const struct requests *r, uint64_t f, uint64_t period)
{
    uint64_t sum = 0;

    for (uint32_t slot = 0; slot < r->slot_count; slot++) {
        const struct adversary_block *b = &r->blocks[slot];

        if (b->live && covers(b, f, period))
            sum += period - b->size;
    }
    return sum;
}

static void keep_only(struct requests *r, uint64_t f, uint64_t period)
{
    for (uint32_t slot = 0; slot < r->slot_count; slot++)
        if (r->blocks[slot].live && !covers(&r->blocks[slot], f, period))
            requests_free(r, slot);
}

static void run(struct requests *r)
{
    uint64_t f = 0;

    requests_fill(r, r->unit);
    if (!requests_submit(r))
        return;
    for (uint64_t size = 2; size <= r->max_units; size *= 2) {
        uint64_t period = size * r->unit, other = f + period / 2;

        if (gain(r, other, period) > gain(r, f, period))
            f = other;
        keep_only(r, f, period);
        requests_fill(r, period);
        if (!requests_submit(r))
            return;
    }
}

const struct adversary adversary_robson = {
    .name = "robson",
    .idea = "keeps what stands on an ever wider grid: no allocator escapes",
    .run = run,
    .n_is_power_of_two = true,
    .default_n = "16+64+256+1024",
    .default_budget = 16384,
    .default_unit = 1024,
};
