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

struct place {
    uint32_t whole, rest, pin; /* slots of s, of r, of the pin */
    uint64_t address;          /* where s was */
};

struct batch {
    struct place *places;
    uint64_t count;
    uint64_t hole; /* r, in bytes */
};

static bool is_pinned(const struct game *g, const struct batch *b,
                      const struct place *p)
{
    uint64_t at = g->blocks[p->pin].address - p->address;

    return at < b->hole + g->unit;
}

/* Blocks of s until the budget has room for no more than a guard behind. */
static uint32_t ask_wholes(struct game *g, struct batch *b)
{
    uint64_t size = b->hole + g->unit;

    b->count = (g->budget * g->unit - g->live) / size;
    b->count -= b->count > 0;
    for (uint64_t i = 0; i < b->count; i++)
        b->places[i].whole = game_ask(g, size);
    return b->count > 0 ? game_ask(g, size) : NO_SLOT;
}

/* From the top down: what a pin leaves over must not join the next hole. */
static void split_wholes(struct game *g, struct batch *b)
{
    for (uint64_t i = b->count; i-- > 0;) {
        struct place *p = &b->places[i];

        p->address = g->blocks[p->whole].address;
        game_give(g, p->whole);
        p->rest = game_ask(g, b->hole);
        p->pin = game_ask(g, g->unit - g->unit / 4);
    }
}

static void free_rests(struct game *g, const struct batch *b, uint32_t guard)
{
    for (uint64_t i = 0; i < b->count; i++) {
        game_give(g, b->places[i].rest);
        if (!is_pinned(g, b, &b->places[i]))
            game_give(g, b->places[i].pin);
    }
    game_give(g, guard);
}

/* False: the budget is used up, or the game is over. */
static bool play_batch(struct game *g, struct batch *b)
{
    uint32_t guard = ask_wholes(g, b);

    if (guard == NO_SLOT || !game_move(g))
        return false;
    split_wholes(g, b);
    if (!game_move(g))
        return false;
    free_rests(g, b, guard);
    return true;
}

static void play(struct game *g)
{
    struct batch b = {check_alloc(calloc(g->budget + 1, sizeof *b.places)), 0,
                      0};
    uint64_t units = g->largest * 100 / 272 + 1;

    do
        b.hole = units++ * g->unit;
    while (units <= g->largest && play_batch(g, &b));
    game_move(g);
    free(b.places);
}

const struct adversary adversary_best_fit = {
    .name = "best-fit",
    .idea = "pins holes that grow by a unit: best fit needs some M n / e",
    .play = play,
    .n = "16+64+256",
    .budget = 4096,
    .unit = 64,
};
