/*
 * packing.c - the portfolio, and the check that every packing has to pass.
 *
 *   1. Best fit on-line, as the caller gives it.
 *   2. Best fit in both directions from the moment of most load, with three
 *      orders of the stack, and backwards from the end (best_fit_two_way.h).
 *   3. Skylines with weights that combine lifetime and size (skyline.h).
 *   4. The best three of these weightings again and again. Each time, what
 *      reached above the load gets a higher weight, so that the next round
 *      places it lower: D. Joslin and D. Clements, "Squeaky Wheel
 *      Optimization", 1999.
 *   5. The best packing so far is turned upside down and placed anew by first
 *      fit, many times (first_fit.h).
 *
 * Effort is counted in placed rectangles, not in seconds: a trace has the same
 * packing on every machine. A long trace spends its effort in steps 1, 2 and
 * the first skylines, which take n log n each; a short trace goes through all.
 */
#define _GNU_SOURCE
#include "packing.h"

#include "base/fatal.h"
#include "first_fit.h"
#include "best_fit_two_way.h"
#include "base/random.h"
#include "skyline.h"

#include <assert.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    EFFORT = 1 << 20,          /* rectangles placed, by all steps together */
    MAX_REPEATS = 200,         /* of one weighting in step 4 */
    REPEATED_WEIGHTINGS = 3,   /* in step 4 */
    MANY_RECTANGLES = 1 << 20, /* more than these have only one skyline */
    FLIPS = 64,                /* in step 5 */
    MAX_FLIPPED = 1 << 13      /* rectangles: a flip takes their square */
};

/* ---- The check. ---- */

/*
 * The height to which each moment is covered, as a segment tree over the
 * moments. A node stands for a range of them; its children are the halves.
 * `whole` is a height to which the whole range is covered, `max` the highest
 * that any moment of the range has.
 */
struct height_tree {
    uint64_t *whole, *max;
    uint32_t leaves; /* a power of 2 */
};

struct range {
    uint32_t begin, end;
};

static struct height_tree height_tree_new(uint32_t moments)
{
    struct height_tree c = {.leaves = 1};

    while (c.leaves < moments)
        c.leaves *= 2;
    c.whole = check_alloc(calloc(2 * (size_t)c.leaves, sizeof *c.whole));
    c.max = check_alloc(calloc(2 * (size_t)c.leaves, sizeof *c.max));
    return c;
}

static void height_tree_delete(struct height_tree *c)
{
    free(c->whole);
    free(c->max);
}

static uint64_t higher(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

static uint64_t height_tree_max(const struct height_tree *c, size_t v,
                                struct range node, struct range query)
{
    uint32_t middle = node.begin + (node.end - node.begin) / 2;

    if (query.end <= node.begin || node.end <= query.begin)
        return 0;
    if (query.begin <= node.begin && node.end <= query.end)
        return c->max[v];
    uint64_t below = higher(
        height_tree_max(c, 2 * v, (struct range){node.begin, middle}, query),
        height_tree_max(c, 2 * v + 1, (struct range){middle, node.end}, query));
    return higher(c->whole[v], below);
}

static void height_tree_raise(struct height_tree *c, size_t v,
                              struct range node, struct range query,
                              uint64_t height)
{
    uint32_t middle = node.begin + (node.end - node.begin) / 2;

    if (query.end <= node.begin || node.end <= query.begin)
        return;
    c->max[v] = higher(c->max[v], height);
    if (query.begin <= node.begin && node.end <= query.end) {
        c->whole[v] = higher(c->whole[v], height);
        return;
    }
    height_tree_raise(c, 2 * v, (struct range){node.begin, middle}, query,
                      height);
    height_tree_raise(c, 2 * v + 1, (struct range){middle, node.end}, query,
                      height);
}

static int by_address(const void *a, const void *b, void *at)
{
    const uint64_t *address = at;
    uint32_t i = *(const uint32_t *)a, j = *(const uint32_t *)b;

    if (address[i] != address[j])
        return address[i] < address[j] ? -1 : 1;
    return (i > j) - (i < j);
}

static void order_by_address(uint32_t *order, uint32_t count, uint64_t *at)
{
    for (uint32_t i = 0; i < count; i++)
        order[i] = i;
    qsort_r(order, count, sizeof *order, by_address, at);
}

/*
 * Go through the rectangles by address, the lowest first: each has to begin at
 * or above the height to which its moments are covered. Of two that overlap,
 * the one that begins higher does not.
 */
static bool overlaps(const struct rectangles *r, const struct packing *p)
{
    uint32_t *order =
        check_alloc(malloc(((size_t)r->count + 1) * sizeof *order));
    struct height_tree c = height_tree_new(r->moments);
    struct range whole = {0, c.leaves};
    bool found = false;

    order_by_address(order, r->count, p->at);
    for (uint32_t k = 0; k < r->count && !found; k++) {
        const struct rectangle *x = &r->item[order[k]];
        struct range lifetime = {x->begin, x->end};
        uint64_t at = p->at[order[k]];

        found = height_tree_max(&c, 1, whole, lifetime) > at;
        height_tree_raise(&c, 1, whole, lifetime, at + x->size);
    }
    height_tree_delete(&c);
    free(order);
    return found;
}

static uint64_t top_of(const struct rectangles *r, const uint64_t *at)
{
    uint64_t top = 0;

    for (uint32_t i = 0; i < r->count; i++)
        top = higher(top, at[i] + r->item[i].size);
    return top;
}

enum packing_fault packing_check(const struct rectangles *r,
                                 const struct packing *p)
{
    uint64_t top = top_of(r, p->at);

    if (top != p->height)
        return top > p->height ? PACKING_TOO_HIGH : PACKING_TOO_LOW;
    for (uint32_t i = 0; i < r->count; i++)
        if (p->at[i] % ((uint64_t)1 << r->item[i].log2) != 0)
            return PACKING_MISALIGNED;
    return overlaps(r, p) ? PACKING_OVERLAPS : PACKING_VALID;
}

/* ---- The portfolio. ---- */

/* A weight is a power of the lifetime times a power of the size. */
struct weighting {
    int lifetime, size; /* the exponents, in quarters */
    double flush;       /* as for skyline_place */
};

static const struct weighting weightings[] = {
    {4, 0, 1}, {4, 2, 1.5}, {4, 4, 1.5}, {4, 0, 1.5}, {4, 8, 10},
    {4, 4, 3}, {4, 2, 10},  {4, 4, 10},  {2, 4, 1.5}, {0, 4, 1.5},
    {4, 8, 1}, {4, 1, 1},   {1, 4, 3},   {4, 0, 10},  {2, 4, 10},
};

enum { WEIGHTINGS = sizeof weightings / sizeof *weightings };

struct search {
    const struct rectangles *r;
    const struct packing_progress *progress;
    struct packing best;
    uint64_t *at;   /* the addresses of the last attempt */
    int64_t effort; /* rectangles that may still be placed */
    struct skyline *skyline;
    double *weight;
    uint64_t height[WEIGHTINGS]; /* of each one's packing; 0: not tried */
    uint64_t random;
    bool stopped;
};

/* False if the best packing is optimal, or the caller wants to stop. */
static bool may_continue(struct search *s, const char *step)
{
    if (s->stopped || s->best.height == s->r->load)
        return false;
    s->stopped = s->progress && !s->progress->go_on(s->progress->context, step);
    return !s->stopped;
}

/* Keep the last attempt if it is the best so far; returns its height. */
static uint64_t keep_if_best(struct search *s)
{
    uint64_t height = top_of(s->r, s->at);

    if (height < s->best.height) {
        memcpy(s->best.at, s->at, s->r->count * sizeof *s->at);
        s->best.height = height;
    }
    return height;
}

static void try_on_line(struct search *s, const uint64_t *on_line)
{
    memcpy(s->at, on_line, s->r->count * sizeof *on_line);
    keep_if_best(s);
}

static void try_two_way(struct search *s, uint32_t moment,
                        enum stack_order order)
{
    if (!may_continue(s, "packing: from the peak"))
        return;
    best_fit_two_way(s->r, moment, order, s->at);
    keep_if_best(s);
    s->effort -= s->r->count / 4;
}

static double power(double x, int quarters)
{
    double root = sqrt(sqrt(x)), product = 1;

    for (; quarters > 0; quarters--)
        product *= root;
    return product;
}

static void set_weights(struct search *s, const struct weighting *weighting)
{
    for (uint32_t i = 0; i < s->r->count; i++) {
        const struct rectangle *x = &s->r->item[i];

        s->weight[i] = power(x->end - x->begin, weighting->lifetime) *
                       power((double)x->size, weighting->size);
    }
}

static uint64_t try_skyline(struct search *s, double flush)
{
    skyline_place(s->skyline, s->weight, flush, s->at);
    s->effort -= s->r->count;
    return keep_if_best(s);
}

static void try_skylines(struct search *s)
{
    int always = /* tried even if the effort is spent */
        s->r->count <= MANY_RECTANGLES ? 2 : 1;

    if (!may_continue(s, "packing: skylines"))
        return;
    s->skyline = skyline_new(s->r);
    s->weight =
        check_alloc(malloc(((size_t)s->r->count + 1) * sizeof *s->weight));
    for (int i = 0; i < WEIGHTINGS && may_continue(s, "packing: skylines");
         i++) {
        if (i >= always && s->effort < s->r->count)
            return;
        set_weights(s, &weightings[i]);
        s->height[i] = try_skyline(s, weightings[i].flush);
    }
}

/* ---- Improve the best. ---- */

/* A rectangle that reached above the load is to be placed earlier next time. */
static void make_heavier(struct search *s)
{
    for (uint32_t i = 0; i < s->r->count; i++)
        if (s->at[i] + s->r->item[i].size > s->r->load)
            s->weight[i] *= 1 + (double)random_below(&s->random, 1024) / 1024;
}

static void repeat_skyline(struct search *s, const struct weighting *weighting,
                           int64_t effort)
{
    int64_t stop = s->effort - effort;

    set_weights(s, weighting);
    for (int i = 0; i < MAX_REPEATS && s->effort > stop; i++) {
        if (!may_continue(s, "packing: skylines again"))
            return;
        try_skyline(s, weighting->flush);
        make_heavier(s);
    }
}

/* The weighting of the lowest packing, of those not repeated yet; -1: none. */
static int best_weighting(const struct search *s)
{
    int best = -1;

    for (int i = 0; i < WEIGHTINGS; i++)
        if (s->height[i] > 0 && (best < 0 || s->height[i] < s->height[best]))
            best = i;
    return best;
}

static void repeat_best(struct search *s)
{
    for (int left = REPEATED_WEIGHTINGS; left > 0; left--) {
        int i = best_weighting(s);

        if (i < 0 || s->effort < s->r->count)
            return;
        s->height[i] = 0;
        repeat_skyline(s, &weightings[i], s->effort / left);
    }
}

/* Turn the last attempt upside down. */
static void flip(struct search *s)
{
    uint64_t height = top_of(s->r, s->at);

    for (uint32_t i = 0; i < s->r->count; i++)
        s->at[i] = height - s->at[i] - s->r->item[i].size;
}

/*
 * Each flip starts from the result of the last one, even a worse one: that way
 * the search leaves a local minimum.
 */
static void flip_best(struct search *s)
{
    uint32_t *order =
        check_alloc(malloc(((size_t)s->r->count + 1) * sizeof *order));

    memcpy(s->at, s->best.at, s->r->count * sizeof *s->at);
    for (int i = 0; i < FLIPS && may_continue(s, "packing: upside down"); i++) {
        flip(s);
        order_by_address(order, s->r->count, s->at);
        first_fit_place(s->r, order, s->at);
        keep_if_best(s);
    }
    free(order);
}

bool packing_find(const struct rectangles *r, const uint64_t *on_line,
                  const struct packing_progress *progress, struct packing *best)
{
    size_t size = ((size_t)r->count + 1) * sizeof(uint64_t);
    struct search s = {.r = r,
                       .progress = progress,
                       .best = {UINT64_MAX, check_alloc(malloc(size))},
                       .at = check_alloc(malloc(size)),
                       .effort = EFFORT};

    try_on_line(&s, on_line);
    for (enum stack_order i = 0; i < STACK_ORDERS; i++)
        try_two_way(&s, r->peak_moment, i);
    try_two_way(&s, AFTER_ALL_MOMENTS, STACK_BY_BIRTH);
    try_skylines(&s);
    repeat_best(&s);
    if (r->count <= MAX_FLIPPED)
        flip_best(&s);
    skyline_delete(s.skyline);
    free(s.weight);
    free(s.at);
    *best = s.best;
    if (s.stopped) {
        free(s.best.at);
        return false;
    }
    assert(packing_check(r, best) == PACKING_VALID);
    return true;
}
