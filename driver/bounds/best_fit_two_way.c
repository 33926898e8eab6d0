/*
 * best_fit_two_way.c - the stack, then a sweep forwards in the order of the
 * rectangles' beginnings and a sweep backwards in the order of their ends.
 *
 * A sweep frees the rectangles that are over before it allocates the next one.
 * It passes over the rectangles of the other side; these have no extent.
 */
#define _GNU_SOURCE
#include "best_fit_two_way.h"

#include "base/fatal.h"
#include "ideal_heap.h"

#include <stdlib.h>

struct sweep {
    const struct rectangles *r;
    uint32_t moment;
    uint32_t *stack; /* rectangles that live at the moment, the lowest first */
    uint32_t stacked;
    uint32_t *by_end; /* all rectangles, in the order of their ends */
    struct ideal_heap *heap;
    struct extent **extent; /* of each rectangle; NULL: not in the heap now */
    uint64_t *at;
};

/* ---- Orders. ---- */

/* A counting sort: there are at most r->count + 1 moments. */
static void order_by_end(struct sweep *s)
{
    const struct rectangles *r = s->r;
    uint32_t *first =
        check_alloc(calloc((size_t)r->moments + 2, sizeof *first));

    for (uint32_t i = 0; i < r->count; i++)
        first[r->item[i].end + 1]++;
    for (uint32_t moment = 1; moment <= r->moments + 1; moment++)
        first[moment] += first[moment - 1];
    for (uint32_t i = 0; i < r->count; i++)
        s->by_end[first[r->item[i].end]++] = i;
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

static int by_birth(const void *a, const void *b, void *rectangles)
{
    (void)rectangles;
    return compare_indices(*(const uint32_t *)a, *(const uint32_t *)b);
}

static int by_death(const void *a, const void *b, void *rectangles)
{
    const struct rectangle *item = rectangles;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;

    if (item[i].end != item[j].end)
        return descending(item[i].end, item[j].end);
    return compare_indices(i, j);
}

static int by_lifetime(const void *a, const void *b, void *rectangles)
{
    const struct rectangle *item = rectangles;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;
    uint32_t life_i = item[i].end - item[i].begin,
             life_j = item[j].end - item[j].begin;

    return life_i != life_j ? descending(life_i, life_j)
                            : compare_indices(i, j);
}

static void stack_up(struct sweep *s, enum stack_order order)
{
    static int (*const orders[STACK_ORDERS])(
        const void *, const void *, void *) = {by_birth, by_death, by_lifetime};

    for (uint32_t i = 0; i < s->r->count; i++)
        if (rectangle_lives_at(&s->r->item[i], s->moment))
            s->stack[s->stacked++] = i;
    qsort_r(s->stack, s->stacked, sizeof *s->stack, orders[order], s->r->item);
}

/* ---- Sweeps. ---- */

static void allocate(struct sweep *s, uint32_t i)
{
    const struct rectangle *r = &s->r->item[i];

    s->extent[i] = ideal_heap_alloc(s->heap, r->size, r->log2);
    s->at[i] = ideal_heap_address(s->extent[i]);
}

static void release(struct sweep *s, uint32_t i)
{
    if (s->extent[i])
        ideal_heap_free(s->heap, s->extent[i]);
    s->extent[i] = NULL;
}

/*
 * Make a heap that has the stack and nothing else. Both sweeps begin with it,
 * so they find the stack at the same addresses.
 */
static void begin_heap(struct sweep *s)
{
    s->heap = ideal_heap_new(s->r->alignments);
    for (uint32_t i = 0; i < s->r->count; i++)
        s->extent[i] = NULL;
    for (uint32_t i = 0; i < s->stacked; i++)
        allocate(s, s->stack[i]);
}

static void sweep_forwards(struct sweep *s)
{
    const struct rectangle *item = s->r->item;
    uint32_t ended = 0;

    begin_heap(s);
    for (uint32_t i = 0; i < s->r->count; i++) {
        if (item[i].begin <= s->moment)
            continue;
        while (item[s->by_end[ended]].end <= item[i].begin)
            release(s, s->by_end[ended++]);
        allocate(s, i);
    }
    ideal_heap_delete(s->heap);
}

static void sweep_backwards(struct sweep *s)
{
    const struct rectangle *item = s->r->item;
    uint32_t unborn = s->r->count;

    begin_heap(s);
    for (uint32_t k = s->r->count; k-- > 0;) {
        uint32_t i = s->by_end[k];

        if (item[i].end > s->moment)
            continue;
        while (item[unborn - 1].begin >= item[i].end)
            release(s, --unborn);
        allocate(s, i);
    }
    ideal_heap_delete(s->heap);
}

void best_fit_two_way(const struct rectangles *r, uint32_t moment,
                      enum stack_order order, uint64_t *at)
{
    size_t size = ((size_t)r->count + 1) * sizeof(uint32_t);
    struct sweep s = {.r = r, .moment = moment, .at = at};

    s.stack = check_alloc(malloc(size));
    s.by_end = check_alloc(malloc(size));
    s.extent = check_alloc(malloc(((size_t)r->count + 1) * sizeof *s.extent));
    order_by_end(&s);
    stack_up(&s, order);
    sweep_forwards(&s);
    sweep_backwards(&s);
    free(s.stack);
    free(s.by_end);
    free(s.extent);
}
