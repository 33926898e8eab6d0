/*
 * adversary_robson.c - the program of Robson's lower bound, which holds for
 * every allocator.
 *
 *     stage 0     allocate blocks of 1 unit until M units are live; f = 0
 *     stage i     f stays or becomes f + 2^(i-1): the one with the higher gain;
 *                 free each block that covers no point = f modulo 2^i;
 *                 allocate blocks of 2^i units until M are live
 *
 *     i = 2, f = 1:   . X . . . X . . . X . . . X . .     X: = f modulo 4
 *                     a a         b b b       c           kept, one at each X
 *                         d d           e e       g g     freed
 *
 * Invariant: every live block covers a point of the grid, and none covers two
 * points. So less than 2^i units are free between two live blocks, and the next
 * request fits into no hole. A block that is kept costs its size of the budget
 * and makes 2^i units useless. The gain of an f is the sum of these
 * differences.
 *
 * With blocks of 1 to n units, of which M are live at most, this forces any
 * allocator to need M(log2(n)/2 + 1) - n + 1 units; if sizes are powers of two,
 * the best allocator needs no more (J. M. Robson, "An estimate of the store
 * size necessary for dynamic storage allocation", JACM 18(3), 1971; "Bounds for
 * some functions concerning dynamic storage allocation", JACM 21(3), 1974). The
 * proof uses intervals only. So it also holds for addresses that are no
 * multiple of the unit, except for one unit.
 */
#include "adversary.h"

/* Does the block cover an address that is = f modulo period, in bytes? */
static bool covers(const struct adversary_block *b, uint64_t f, uint64_t period)
{
    uint64_t at = (f + period - b->address % period) % period;

    return at < b->size;
}

/* The bytes that the blocks on that grid make useless beyond their own size. */
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
