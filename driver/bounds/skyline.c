/*
 * skyline.c - steps in the order of time, a queue of them by height, and a tree
 * of the rectangles that are left.
 *
 *     height            +-------+            Three steps: the lowest, c to d,
 *       ^       +-------+       |            is next. What is placed in it
 *       |       |  x    |  y    +-----       cuts it in up to three; steps of
 *       +-------a-------b-------c-----d      one height are joined.
 *
 * A step is found by the moment that it begins at. The queue is never searched:
 * an entry whose step has another height by now, or is gone, is dropped when it
 * comes up.
 *
 * Which rectangle is the heaviest that lives within [from, until) is asked of a
 * k-d tree over beginnings and ends: its nodes know the box that their
 * rectangles lie in, and the most weight among those not placed yet. The
 * heavier half is searched first; what cannot beat the best so far, or lies
 * outside, is not entered.
 *
 * Invariants, between two placements:
 *   I1  The steps tile [0, moments), each beginning where the one before ends.
 *   I2  No two neighbours have the same height.
 *   I3  Every step is in the queue at its height.
 *   I4  No rectangle that is placed reaches above the steps in its time.
 */
#include "skyline.h"

#include "base/fatal.h"

#include <stdlib.h>

enum { LEAF = 8, ROOT = 1 };

#define NONE UINT32_MAX

struct step {
    uint64_t height;
    uint32_t end;    /* 0: there is no step */
    uint32_t before; /* where the one before begins, or NONE */
};

struct corner {
    uint64_t height;
    uint32_t start;
};

struct entry {
    double weight; /* 0: placed */
    uint32_t begin, end;
    uint32_t index; /* of the rectangle */
};

struct node {
    double most;
    uint32_t first_begin, last_begin, first_end, last_end;
};

struct skyline {
    const struct rectangles *r;

    struct step *step; /* by the moment that it begins at */
    struct corner *queue;
    size_t queued, room;

    struct entry *entry; /* as the tree has them: each node an equal half */
    struct node *node;   /* of v the halves are 2v and 2v + 1 */

    /* What is being looked for, and the best of it so far. */
    uint32_t from, until;
    double flush, best_weight;
    const struct entry *best;
};

/* ---- The queue: a heap, the lowest first, of equals the earliest. ---- */

static bool comes_before(struct corner a, struct corner b)
{
    return a.height != b.height ? a.height < b.height : a.start < b.start;
}

static void queue_push(struct skyline *s, uint32_t start)
{
    struct corner c = {s->step[start].height, start};

    if (s->queued == s->room) {
        s->room = 2 * s->room + 64;
        s->queue = check_alloc(realloc(s->queue, s->room * sizeof *s->queue));
    }
    size_t i = s->queued++;
    for (; i > 0 && comes_before(c, s->queue[(i - 1) / 2]); i = (i - 1) / 2)
        s->queue[i] = s->queue[(i - 1) / 2];
    s->queue[i] = c;
}

static struct corner queue_pop(struct skyline *s)
{
    struct corner top = s->queue[0], c = s->queue[--s->queued];
    size_t i = 0, child;

    while ((child = 2 * i + 1) < s->queued) {
        if (child + 1 < s->queued &&
            comes_before(s->queue[child + 1], s->queue[child]))
            child++;
        if (!comes_before(s->queue[child], c))
            break;
        s->queue[i] = s->queue[child];
        i = child;
    }
    s->queue[i] = c;
    return top;
}

/* Where the lowest step begins. By I3 there is one. */
static uint32_t lowest_step(struct skyline *s)
{
    struct corner c;

    do
        c = queue_pop(s);
    while (s->step[c.start].end == 0 || s->step[c.start].height != c.height);
    return c.start;
}

/* ---- Steps. ---- */

static void set_before(struct skyline *s, uint32_t start, uint32_t before)
{
    if (start < s->r->moments)
        s->step[start].before = before;
}

/* Cut the step in two of its height, unless it ends there. */
static void cut(struct skyline *s, uint32_t start, uint32_t at)
{
    struct step *step = &s->step[start];

    if (at == step->end)
        return;
    s->step[at] = (struct step){step->height, step->end, start};
    set_before(s, step->end, at);
    step->end = at;
    queue_push(s, at);
}

/* Join the step with the one behind it, where they are of one height. */
static void join(struct skyline *s, uint32_t start)
{
    struct step *step = &s->step[start];
    uint32_t behind = step->end;

    if (behind == s->r->moments || s->step[behind].height != step->height)
        return;
    step->end = s->step[behind].end;
    s->step[behind].end = 0;
    set_before(s, step->end, start);
}

static void raise(struct skyline *s, uint32_t start, uint64_t height)
{
    uint32_t before = s->step[start].before;

    s->step[start].height = height;
    join(s, start);
    if (before != NONE && s->step[before].height == height) {
        join(s, before);
        start = before;
    }
    queue_push(s, start);
}

/* Nothing fits there: up to the lower neighbour. */
static void give_up(struct skyline *s, uint32_t start)
{
    const struct step *step = &s->step[start];
    uint64_t height = UINT64_MAX;

    if (step->before != NONE)
        height = s->step[step->before].height;
    if (step->end < s->r->moments && s->step[step->end].height < height)
        height = s->step[step->end].height;
    raise(s, start, height);
}

/* Put the rectangle on the step that begins there; returns its address. */
static uint64_t put(struct skyline *s, uint32_t start,
                    const struct rectangle *r)
{
    uint64_t at = rectangle_lowest(r, s->step[start].height);

    if (r->begin > start) {
        cut(s, start, r->begin);
        queue_push(s, start);
    }
    cut(s, r->begin, r->end);
    raise(s, r->begin, at + r->size);
    return at;
}

/* ---- The tree of rectangles. ---- */

static uint32_t key_of(const struct entry *e, bool by_end)
{
    return by_end ? e->end : e->begin;
}

static void swap(struct entry *a, struct entry *b)
{
    struct entry e = *a;

    *a = *b;
    *b = e;
}

/* Hoare's selection: what is left of middle is not above it, right not below. */
static void select_middle(struct entry *e, int64_t low, int64_t high,
                          int64_t middle, bool by_end)
{
    while (low < high) {
        uint32_t pivot = key_of(&e[middle], by_end);
        int64_t i = low, j = high;

        while (i <= j) {
            while (key_of(&e[i], by_end) < pivot)
                i++;
            while (key_of(&e[j], by_end) > pivot)
                j--;
            if (i <= j)
                swap(&e[i++], &e[j--]);
        }
        if (j < middle)
            low = i;
        if (middle < i)
            high = j;
    }
}

static struct node box_of(const struct entry *e, uint32_t count)
{
    struct node n = {0, UINT32_MAX, 0, UINT32_MAX, 0};

    for (uint32_t i = 0; i < count; i++) {
        if (e[i].begin < n.first_begin)
            n.first_begin = e[i].begin;
        if (e[i].begin > n.last_begin)
            n.last_begin = e[i].begin;
        if (e[i].end < n.first_end)
            n.first_end = e[i].end;
        if (e[i].end > n.last_end)
            n.last_end = e[i].end;
    }
    return n;
}

static void build(struct skyline *s, uint32_t v, uint32_t low, uint32_t high,
                  bool by_end)
{
    uint32_t middle = low + (high - low) / 2;

    s->node[v] = box_of(s->entry + low, high - low);
    if (high - low <= LEAF)
        return;
    select_middle(s->entry, low, (int64_t)high - 1, middle, by_end);
    build(s, 2 * v, low, middle, !by_end);
    build(s, 2 * v + 1, middle, high, !by_end);
}

static double most_of_leaf(const struct skyline *s, uint32_t low, uint32_t high)
{
    double most = 0;

    for (uint32_t i = low; i < high; i++)
        if (s->entry[i].weight > most)
            most = s->entry[i].weight;
    return most;
}

static double most_of_halves(const struct skyline *s, uint32_t v)
{
    double low = s->node[2 * v].most, high = s->node[2 * v + 1].most;

    return low > high ? low : high;
}

static void weigh(struct skyline *s, uint32_t v, uint32_t low, uint32_t high)
{
    uint32_t middle = low + (high - low) / 2;

    if (high - low <= LEAF) {
        s->node[v].most = most_of_leaf(s, low, high);
        return;
    }
    weigh(s, 2 * v, low, middle);
    weigh(s, 2 * v + 1, middle, high);
    s->node[v].most = most_of_halves(s, v);
}

/* The most that a rectangle in the box can count, or 0: none lives within. */
static double promise(const struct skyline *s, const struct node *n)
{
    double most = n->most;

    if (n->last_begin < s->from || n->first_end > s->until)
        return 0;
    if (n->first_begin <= s->from)
        most *= s->flush;
    if (n->last_end >= s->until)
        most *= s->flush;
    return most;
}

static void look_at(struct skyline *s, const struct entry *e)
{
    double weight = e->weight;

    if (e->begin < s->from || e->end > s->until)
        return;
    if (e->begin == s->from)
        weight *= s->flush;
    if (e->end == s->until)
        weight *= s->flush;
    if (weight > s->best_weight) {
        s->best_weight = weight;
        s->best = e;
    }
}

static void search(struct skyline *s, uint32_t v, uint32_t low, uint32_t high)
{
    uint32_t middle = low + (high - low) / 2;

    if (promise(s, &s->node[v]) <= s->best_weight)
        return;
    if (high - low <= LEAF) {
        for (uint32_t i = low; i < high; i++)
            look_at(s, &s->entry[i]);
    } else if (s->node[2 * v].most >= s->node[2 * v + 1].most) {
        search(s, 2 * v, low, middle);
        search(s, 2 * v + 1, middle, high);
    } else {
        search(s, 2 * v + 1, middle, high);
        search(s, 2 * v, low, middle);
    }
}

/* The one to put on that step; NULL: none lives within its time. */
static const struct entry *heaviest(struct skyline *s, uint32_t start)
{
    s->from = start;
    s->until = s->step[start].end;
    s->best = NULL;
    s->best_weight = 0;
    search(s, ROOT, 0, s->r->count);
    return s->best;
}

/* It is placed: no more of it in the tree. */
static void strike(struct skyline *s, const struct entry *e)
{
    uint32_t at = (uint32_t)(e - s->entry), v = ROOT;
    uint32_t low = 0, high = s->r->count;

    s->entry[at].weight = 0;
    while (high - low > LEAF) {
        uint32_t middle = low + (high - low) / 2;

        v = 2 * v + (at >= middle);
        if (at < middle)
            high = middle;
        else
            low = middle;
    }
    s->node[v].most = most_of_leaf(s, low, high);
    while ((v /= 2) >= ROOT)
        s->node[v].most = most_of_halves(s, v);
}

/* ---- Beginning, end, a packing. ---- */

/* As many as the deepest leaf's number. */
static size_t node_count(uint32_t count)
{
    size_t nodes = 2;

    for (; count > LEAF; count -= count / 2)
        nodes *= 2;
    return nodes;
}

struct skyline *skyline_new(const struct rectangles *r)
{
    struct skyline *s = check_alloc(calloc(1, sizeof *s));

    s->r = r;
    s->step = check_alloc(malloc(((size_t)r->moments + 1) * sizeof *s->step));
    s->entry = check_alloc(malloc(((size_t)r->count + 1) * sizeof *s->entry));
    s->node = check_alloc(malloc(node_count(r->count) * sizeof *s->node));
    for (uint32_t i = 0; i < r->count; i++)
        s->entry[i] = (struct entry){0, r->of[i].begin, r->of[i].end, i};
    build(s, ROOT, 0, r->count, false);
    return s;
}

void skyline_delete(struct skyline *s)
{
    if (!s)
        return;
    free(s->step);
    free(s->queue);
    free(s->entry);
    free(s->node);
    free(s);
}

static void begin(struct skyline *s, const double *weight)
{
    for (uint32_t i = 0; i < s->r->count; i++)
        s->entry[i].weight = weight[s->entry[i].index];
    weigh(s, ROOT, 0, s->r->count);
    for (uint32_t i = 1; i < s->r->moments; i++)
        s->step[i].end = 0;
    s->step[0] = (struct step){0, s->r->moments, NONE};
    s->queued = 0;
    queue_push(s, 0);
}

void skyline_place(struct skyline *s, const double *weight, double flush,
                   uint64_t *at)
{
    s->flush = flush;
    begin(s, weight);
    for (uint32_t left = s->r->count; left > 0;) {
        uint32_t start = lowest_step(s);
        const struct entry *e = heaviest(s, start);

        if (!e) {
            give_up(s, start);
            continue;
        }
        at[e->index] = put(s, start, &s->r->of[e->index]);
        strike(s, e);
        left--;
    }
}
