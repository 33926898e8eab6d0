/*
 * outward.c - the stack, then a sweep over the rectangles in the order of their
 * beginnings, and one in the reverse order of their ends.
 *
 * A sweep gives back what is over before it takes the next. It goes through all
 * rectangles; those that are not its own have no block.
 */
#define _GNU_SOURCE
#include "outward.h"

#include "base/fatal.h"
#include "holes.h"

#include <stdlib.h>

struct sweep {
    const struct rectangles *r;
    uint32_t moment;
    uint32_t *stack; /* rectangles that live at the moment, the lowest first */
    uint32_t stacked;
    uint32_t *by_end; /* all, in the order of their ends */
    struct holes *holes;
    struct block **block; /* by rectangle; NULL: it has none */
    uint64_t *at;
};

/* ---- Orders. ---- */

/* Counting: as many moments as there may be, there are not more rectangles. */
static void order_by_end(struct sweep *s)
{
    const struct rectangles *r = s->r;
    uint32_t *first =
        check_alloc(calloc((size_t)r->moments + 2, sizeof *first));

    for (uint32_t i = 0; i < r->count; i++)
        first[r->of[i].end + 1]++;
    for (uint32_t moment = 1; moment <= r->moments + 1; moment++)
        first[moment] += first[moment - 1];
    for (uint32_t i = 0; i < r->count; i++)
        s->by_end[first[r->of[i].end]++] = i;
    free(first);
}

static int descending(uint64_t a, uint64_t b)
{
    return (a < b) - (a > b);
}

static int compare_indices(uint32_t a, uint32_t b)
{
    return (a > b) - (a < b);
}

static int older(const void *a, const void *b, void *rectangles)
{
    (void)rectangles;
    return compare_indices(*(const uint32_t *)a, *(const uint32_t *)b);
}

static int later(const void *a, const void *b, void *rectangles)
{
    const struct rectangle *of = rectangles;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;

    if (of[i].end != of[j].end)
        return descending(of[i].end, of[j].end);
    return compare_indices(i, j);
}

static int longer(const void *a, const void *b, void *rectangles)
{
    const struct rectangle *of = rectangles;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    uint32_t life_i = of[i].end - of[i].begin, life_j = of[j].end - of[j].begin;

    return life_i != life_j ? descending(life_i, life_j)
                            : compare_indices(i, j);
}

static void stack_up(struct sweep *s, enum stacking stacking)
{
    static int (*const orders[STACKINGS])(const void *, const void *,
                                          void *) = {older, later, longer};

    for (uint32_t i = 0; i < s->r->count; i++)
        if (rectangle_lives(&s->r->of[i], s->moment))
            s->stack[s->stacked++] = i;
    qsort_r(s->stack, s->stacked, sizeof *s->stack, orders[stacking], s->r->of);
}

/* ---- Sweeps. ---- */

static void take(struct sweep *s, uint32_t i)
{
    const struct rectangle *r = &s->r->of[i];

    s->block[i] = holes_take(s->holes, r->size, r->log2);
    s->at[i] = holes_address(s->block[i]);
}

static void give(struct sweep *s, uint32_t i)
{
    if (s->block[i])
        holes_give(s->holes, s->block[i]);
    s->block[i] = NULL;
}

/* An empty heap, and the stack in it: at the same addresses every time. */
static void begin(struct sweep *s)
{
    s->holes = holes_new(s->r->alignments);
    for (uint32_t i = 0; i < s->r->count; i++)
        s->block[i] = NULL;
    for (uint32_t i = 0; i < s->stacked; i++)
        take(s, s->stack[i]);
}

static void sweep_forwards(struct sweep *s)
{
    const struct rectangle *of = s->r->of;
    uint32_t over = 0;

    begin(s);
    for (uint32_t i = 0; i < s->r->count; i++) {
        if (of[i].begin <= s->moment)
            continue;
        while (of[s->by_end[over]].end <= of[i].begin)
            give(s, s->by_end[over++]);
        take(s, i);
    }
    holes_delete(s->holes);
}

static void sweep_backwards(struct sweep *s)
{
    const struct rectangle *of = s->r->of;
    uint32_t left = s->r->count;

    begin(s);
    for (uint32_t k = s->r->count; k-- > 0;) {
        uint32_t i = s->by_end[k];

        if (of[i].end > s->moment)
            continue;
        while (of[left - 1].begin >= of[i].end)
            give(s, --left);
        take(s, i);
    }
    holes_delete(s->holes);
}

void outward_place(const struct rectangles *r, uint32_t moment,
                   enum stacking stacking, uint64_t *at)
{
    size_t size = ((size_t)r->count + 1) * sizeof(uint32_t);
    struct sweep s = {.r = r, .moment = moment, .at = at};

    s.stack = check_alloc(malloc(size));
    s.by_end = check_alloc(malloc(size));
    s.block = check_alloc(malloc(((size_t)r->count + 1) * sizeof *s.block));
    order_by_end(&s);
    stack_up(&s, stacking);
    sweep_forwards(&s);
    sweep_backwards(&s);
    free(s.stack);
    free(s.by_end);
    free(s.block);
}
