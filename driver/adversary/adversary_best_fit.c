/*
 * adversary_best_fit.c - leave best fit a heap of holes that are too small,
 * each with a small block behind it.
 *
 * A hole is free memory between two live blocks. Best fit takes the smallest
 * hole that a request fits into, so the adversary decides where a small block
 * goes. It frees a block of h + 1 units and allocates h units, which fit into
 * no other hole. One unit of the freed block is left. It is the smallest hole
 * of the heap, so the next small block, the pin, goes there. A pin has 3/4
 * unit: a header still fits in, and no second pin fits into what is left.
 *
 *     ...pin][ h + 1 ][ h + 1 ][ h + 1 ][ guard ]    all in use
 *     ...pin][  h  |p][  h  |p][  h  |p][ guard ]    free h + 1, allocate h
 *                                                    and a pin, from the right
 *     ...pin]       |p]       |p]       |p]          free each h and the guard
 *
 * That is a stage. It leaves holes of h units, and the next stage allocates h +
 * 2 and h + 1 units, which fit into none of them. h goes from n/e to n - 1.
 * When the pins take P units the remaining budget M - P gives about (M - P) / h
 * holes per stage; in all the heap grows to some M n / e units, where M is much
 * more than n. This shows the order of growth. J. M. Robson's own program
 * forces almost M n ("Worst case fragmentation of first fit and best fit
 * storage allocation strategies", The Computer Journal 20(3), 1977).
 *
 * A pin that did not go behind its hole is freed. So against an allocator that
 * is not best fit the adversary wastes little.
 */
#include "adversary.h"

#include "base/fatal.h"

#include <stdlib.h>

struct pinned_hole {
    uint32_t full, rest, pin; /* slots of h + 1 units, of h units, of the pin */
    uint64_t address;         /* of the block of h + 1 units */
};

struct stage {
    struct pinned_hole *holes;
    uint64_t count;
    uint64_t hole; /* h, in bytes */
};

static bool is_pinned(const struct requests *r, const struct stage *s,
                      const struct pinned_hole *p)
{
    uint64_t at = r->blocks[p->pin].address - p->address;

    return at < s->hole + r->unit;
}

/*
 * Allocate blocks of h + 1 units until the budget is used up; the last one is
 * the guard. Returns its slot; NO_SLOT: the budget allows no hole.
 */
static uint32_t allocate_full(struct requests *r, struct stage *s)
{
    uint64_t size = s->hole + r->unit;

    s->count = (r->budget * r->unit - r->live_bytes) / size;
    s->count -= s->count > 0;
    for (uint64_t i = 0; i < s->count; i++)
        s->holes[i].full = requests_alloc(r, size);
    return s->count > 0 ? requests_alloc(r, size) : NO_SLOT;
}

/* From the right, so that what a pin leaves free joins no hole to come. */
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

/* Returns false if the budget is used up or the run has ended. */
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
