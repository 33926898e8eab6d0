/*
 * adversary_best_fit.c - leave best fit a heap of holes, a small pin behind
 * each.
 *
 * Best fit takes the smallest hole that fits, so where a small block goes is
 * for the adversary to say: it frees s = r + 1 units at the top and asks r,
 * larger than every hole there is. One unit is left, the smallest hole of
 * all, and the pin goes there: it is of 3/4 unit, so that a header has room
 * and what then is left can hold no pin.
 *
 *     ...pin][   s   ][   s   ][   s   ][ guard ]    s = r + 1, all in use
 *     ...pin][  r  |p][  r  |p][  r  |p][ guard ]    free s, ask r, ask a pin
 *     ...pin]       |p]       |p]       |p]          free every r, and the guard
 *
 * The holes are of r units now, and the next batch asks r + 2 and r + 1. From
 * r = n/e to n - 1 the budget M - P that P units of pins leave gives about
 * (M - P) / r holes a batch: some M n / e in all, where M is much more than n.
 * It shows the order; J. M. Robson's own program (Worst case fragmentation of
 * first fit and best fit storage allocation strategies, The Computer Journal
 * 20(3), 1977) forces almost M n.
 *
 * Pins that lie elsewhere are freed: where it is not best fit that answers,
 * little comes of it.
 */
#include "adversary.h"

#include "base/fatal.h"

#include <stdlib.h>

struct pinned_hole {
    uint32_t full, rest, pin; /* slots of s, of r, of the pin */
    uint64_t address;         /* where s was */
};

struct stage {
    struct pinned_hole *holes;
    uint64_t count;
    uint64_t hole; /* r, in bytes */
};

static bool is_pinned(const struct requests *r, const struct stage *s,
                      const struct pinned_hole *p)
{
    uint64_t at = r->blocks[p->pin].address - p->address;

    return at < s->hole + r->unit;
}

/* Blocks of s until the budget has room for no more than a guard behind. */
static uint32_t allocate_full(struct requests *r, struct stage *s)
{
    uint64_t size = s->hole + r->unit;

    s->count = (r->budget * r->unit - r->live_bytes) / size;
    s->count -= s->count > 0;
    for (uint64_t i = 0; i < s->count; i++)
        s->holes[i].full = requests_alloc(r, size);
    return s->count > 0 ? requests_alloc(r, size) : NO_SLOT;
}

/* From the top down: what a pin leaves over must not join the next hole. */
static void split_full(struct requests *r, struct stage *s)
{
    for (uint64_t i = s->count; i-- > 0;) {
        struct pinned_hole *p = &s->holes[i];

        p->address = r->blocks[p->full].address;
        requests_free(r, p->full);
        p->rest = requests_alloc(r, s->hole);
        p->pin = requests_alloc(r, r->unit - r->unit / 4);
    }
}

static void free_rests(struct requests *r, const struct stage *s,
                       uint32_t guard)
{
    for (uint64_t i = 0; i < s->count; i++) {
        requests_free(r, s->holes[i].rest);
        if (!is_pinned(r, s, &s->holes[i]))
            requests_free(r, s->holes[i].pin);
    }
    requests_free(r, guard);
}

/* False: the budget is used up, or the game is over. */
static bool run_stage(struct requests *r, struct stage *s)
{
    uint32_t guard = allocate_full(r, s);

    if (guard == NO_SLOT || !requests_submit(r))
        return false;
    split_full(r, s);
    if (!requests_submit(r))
        return false;
    free_rests(r, s, guard);
    return true;
}

static void run(struct requests *r)
{
    struct stage s = {check_alloc(calloc(r->budget + 1, sizeof *s.holes)), 0,
                      0};
    uint64_t units = r->max_units * 100 / 272 + 1;

    do
        s.hole = units++ * r->unit;
    while (units <= r->max_units && run_stage(r, &s));
    requests_submit(r);
    free(s.holes);
}

const struct adversary adversary_best_fit = {
    .name = "best-fit",
    .idea = "pins holes that grow by a unit: best fit needs some M n / e",
    .run = run,
    .default_n = "16+64+256",
    .default_budget = 4096,
    .default_unit = 64,
};
