/*
 * skyline.c - plateaus in the order of time, a queue of them by height, and a
 * tree of the rectangles that are not placed yet.
 *
 *     height            +-------+            Three plateaus. The lowest, c to
 *       ^       +-------+       |            d, is next. Placing a rectangle
 *       |       |  x    |  y    +-----       splits it in at most three; two
 *       +-------a-------b-------c-----d      plateaus of one height are joined.
 *
 * The moment at which a plateau begins identifies it. The queue is never
 * searched: an entry is dropped when it comes up and its plateau has another
 * height by then or is gone.
 *
 * The heaviest rectangle that lives within [begin, end) is found in a k-d tree
 * over beginnings and ends (J. Bentley, "Multidimensional binary search trees
 * used for associative searching", 1975). Each node has the bounding box of its
 * rectangles and the highest weight among those not placed yet. The search
 * enters the child with the higher weight first, and no node that lies outside
 * or cannot beat the best rectangle so far.
 *
 * Invariants, between two placements:
 *   I1  The plateaus tile [0, moments): each begins where the one before ends.
 *   I2  No two neighbours have the same height.
 *   I3  Every plateau is in the queue at its height.
 *   I4  No placed rectangle reaches above the plateaus over its lifetime.
 */
#include "skyline.h"

#include "base/fatal.h"

#include <stdlib.h>

enum { LEAF = 8, ROOT = 1 };

#define NONE UINT32_MAX

struct plateau {
    uint64_t height;
    uint32_t end;  /* a moment; 0: no plateau begins here */
    uint32_t prev; /* the moment at which the one before begins, or NONE */
};

struct queued_plateau {
    uint64_t height;
    uint32_t start;
};

struct entry {     /* a rectangle, as the tree has it */
    double weight; /* 0: it is placed */
    uint32_t begin, end;
    uint32_t index; /* in r->item */
};

struct node {
    double max_weight;
    uint32_t first_begin, last_begin, first_end, last_end;
};

struct skyline {
    const struct rectangles *r;

    struct plateau *plateau; /* indexed by the moment at which each begins */
    struct queued_plateau *queue;
    size_t queued, capacity;

    struct entry *entry; /* ordered so that each node has a range of them */
    struct node *node;   /* the children of v are 2v and 2v + 1 */

    /* The state of a search: the plateau, and the best entry so far. */
    uint32_t window_begin, window_end;
    double flush, best_weight;
    const struct entry *best;
};

/* ---- The queue: a binary heap by height, then by moment. ---- */

static bool precedes(struct queued_plateau a, struct queued_plateau b)
{
    return a.height != b.height ? a.height < b.height : a.start < b.start;
}

static void queue_push(struct skyline *s, uint32_t start)
{
    struct queued_plateau c = {s->plateau[start].height, start};

    if (s->queued == s->capacity) {
        s->capacity = 2 * s->capacity + 64;
        s->queue =
            check_alloc(realloc(s->queue, s->capacity * sizeof *s->queue));
    }
    size_t i = s->queued++;
    for (; i > 0 && precedes(c, s->queue[(i - 1) / 2]); i = (i - 1) / 2)
        s->queue[i] = s->queue[(i - 1) / 2];
    s->queue[i] = c;
}

static struct queued_plateau queue_pop(struct skyline *s)
{
    struct queued_plateau top = s->queue[0], c = s->queue[--s->queued];
    size_t i = 0, child;

    while ((child = 2 * i + 1) < s->queued) {
        if (child + 1 < s->queued &&
            precedes(s->queue[child + 1], s->queue[child]))
            child++;
        if (!precedes(s->queue[child], c))
            break;
        s->queue[i] = s->queue[child];
        i = child;
    }
    s->queue[i] = c;
    return top;
}

/* The moment at which the lowest plateau begins. By I3 there is one. */
static uint32_t pop_lowest_plateau(struct skyline *s)
{
    struct queued_plateau c;

    do
        c = queue_pop(s);
    while (s->plateau[c.start].end == 0 ||
           s->plateau[c.start].height != c.height);
    return c.start;
}

/* ---- Plateaus. ---- */

static void set_prev(struct skyline *s, uint32_t start, uint32_t prev)
{
    if (start < s->r->moments)
        s->plateau[start].prev = prev;
}

/* Split the plateau at a moment, unless it ends there. */
static void split_plateau(struct skyline *s, uint32_t start, uint32_t at)
{
    struct plateau *plateau = &s->plateau[start];

    if (at == plateau->end)
        return;
    s->plateau[at] = (struct plateau){plateau->height, plateau->end, start};
    set_prev(s, plateau->end, at);
    plateau->end = at;
    queue_push(s, at);
}

/* Join the plateau with the next one, if both have the same height. */
static void join_next(struct skyline *s, uint32_t start)
{
    struct plateau *plateau = &s->plateau[start];
    uint32_t next = plateau->end;

    if (next == s->r->moments || s->plateau[next].height != plateau->height)
        return;
    plateau->end = s->plateau[next].end;
    s->plateau[next].end = 0;
    set_prev(s, plateau->end, start);
}

static void raise(struct skyline *s, uint32_t start, uint64_t height)
{
    uint32_t prev = s->plateau[start].prev;

    s->plateau[start].height = height;
    join_next(s, start);
    if (prev != NONE && s->plateau[prev].height == height) {
        join_next(s, prev);
        start = prev;
    }
    queue_push(s, start);
}

/* No rectangle fits: raise the plateau to its lower neighbour. */
static void raise_to_neighbour(struct skyline *s, uint32_t start)
{
    const struct plateau *plateau = &s->plateau[start];
    uint64_t height = UINT64_MAX;

    if (plateau->prev != NONE)
        height = s->plateau[plateau->prev].height;
    if (plateau->end < s->r->moments &&
        s->plateau[plateau->end].height < height)
        height = s->plateau[plateau->end].height;
    raise(s, start, height);
}

/* Place the rectangle on the plateau; returns its address. */
static uint64_t place_on(struct skyline *s, uint32_t start,
                         const struct rectangle *r)
{
    uint64_t at = rectangle_align_up(r, s->plateau[start].height);

    if (r->begin > start) {
        split_plateau(s, start, r->begin);
        queue_push(s, start);
    }
    split_plateau(s, r->begin, r->end);
    raise(s, r->begin, at + r->size);
    return at;
}

/* ---- The tree of rectangles. ---- */

static uint32_t axis_value(const struct entry *e, bool by_end)
{
    return by_end ? e->end : e->begin;
}

static void swap_entries(struct entry *a, struct entry *b)
{
    struct entry e = *a;

    *a = *b;
    *b = e;
}

/* Hoare's selection: then e[i] <= e[middle] <= e[j] for i < middle < j. */
static void partition_at(struct entry *e, int64_t low, int64_t high,
                         int64_t middle, bool by_end)
{
    while (low < high) {
        uint32_t pivot = axis_value(&e[middle], by_end);
        int64_t i = low, j = high;

        while (i <= j) {
            while (axis_value(&e[i], by_end) < pivot)
                i++;
            while (axis_value(&e[j], by_end) > pivot)
                j--;
            if (i <= j)
                swap_entries(&e[i++], &e[j--]);
        }
        if (j < middle)
            low = i;
        if (middle < i)
            high = j;
    }
}

static struct node bounding_box(const struct entry *e, uint32_t count)
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

static void build_tree(struct skyline *s, uint32_t v, uint32_t low,
                       uint32_t high, bool by_end)
{
    uint32_t middle = low + (high - low) / 2;

    s->node[v] = bounding_box(s->entry + low, high - low);
    if (high - low <= LEAF)
        return;
    partition_at(s->entry, low, (int64_t)high - 1, middle, by_end);
    build_tree(s, 2 * v, low, middle, !by_end);
    build_tree(s, 2 * v + 1, middle, high, !by_end);
}

static double leaf_max(const struct skyline *s, uint32_t low, uint32_t high)
{
    double max_weight = 0;

    for (uint32_t i = low; i < high; i++)
        if (s->entry[i].weight > max_weight)
            max_weight = s->entry[i].weight;
    return max_weight;
}

static double children_max(const struct skyline *s, uint32_t v)
{
    double low = s->node[2 * v].max_weight,
           high = s->node[2 * v + 1].max_weight;

    return low > high ? low : high;
}

static void set_max_weights(struct skyline *s, uint32_t v, uint32_t low,
                            uint32_t high)
{
    uint32_t middle = low + (high - low) / 2;

    if (high - low <= LEAF) {
        s->node[v].max_weight = leaf_max(s, low, high);
        return;
    }
    set_max_weights(s, 2 * v, low, middle);
    set_max_weights(s, 2 * v + 1, middle, high);
    s->node[v].max_weight = children_max(s, v);
}

/* No rectangle of the node counts more here; 0: none lives in the plateau. */
static double weight_limit(const struct skyline *s, const struct node *n)
{
    double max_weight = n->max_weight;

    if (n->last_begin < s->window_begin || n->first_end > s->window_end)
        return 0;
    if (n->first_begin <= s->window_begin)
        max_weight *= s->flush;
    if (n->last_end >= s->window_end)
        max_weight *= s->flush;
    return max_weight;
}

static void consider_entry(struct skyline *s, const struct entry *e)
{
    double weight = e->weight;

    if (e->begin < s->window_begin || e->end > s->window_end)
        return;
    if (e->begin == s->window_begin)
        weight *= s->flush;
    if (e->end == s->window_end)
        weight *= s->flush;
    if (weight > s->best_weight) {
        s->best_weight = weight;
        s->best = e;
    }
}

static void search_tree(struct skyline *s, uint32_t v, uint32_t low,
                        uint32_t high)
{
    uint32_t middle = low + (high - low) / 2;

    if (weight_limit(s, &s->node[v]) <= s->best_weight)
        return;
    if (high - low <= LEAF) {
        for (uint32_t i = low; i < high; i++)
            consider_entry(s, &s->entry[i]);
    } else if (s->node[2 * v].max_weight >= s->node[2 * v + 1].max_weight) {
        search_tree(s, 2 * v, low, middle);
        search_tree(s, 2 * v + 1, middle, high);
    } else {
        search_tree(s, 2 * v + 1, middle, high);
        search_tree(s, 2 * v, low, middle);
    }
}

/* The entry to place on that plateau; NULL: none lives within its time. */
static const struct entry *find_heaviest(struct skyline *s, uint32_t start)
{
    s->window_begin = start;
    s->window_end = s->plateau[start].end;
    s->best = NULL;
    s->best_weight = 0;
    search_tree(s, ROOT, 0, s->r->count);
    return s->best;
}

/* Take a placed entry out of the tree: its weight becomes 0. */
static void remove_entry(struct skyline *s, const struct entry *e)
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
    s->node[v].max_weight = leaf_max(s, low, high);
    while ((v /= 2) >= ROOT)
        s->node[v].max_weight = children_max(s, v);
}

/* ---- The interface. ---- */

/* An index that no node reaches; node 0 is not used. */
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
    s->plateau =
        check_alloc(malloc(((size_t)r->moments + 1) * sizeof *s->plateau));
    s->entry = check_alloc(malloc(((size_t)r->count + 1) * sizeof *s->entry));
    s->node = check_alloc(malloc(node_count(r->count) * sizeof *s->node));
    for (uint32_t i = 0; i < r->count; i++)
        s->entry[i] = (struct entry){0, r->item[i].begin, r->item[i].end, i};
    build_tree(s, ROOT, 0, r->count, false);
    return s;
}

void skyline_delete(struct skyline *s)
{
    if (!s)
        return;
    free(s->plateau);
    free(s->queue);
    free(s->entry);
    free(s->node);
    free(s);
}

static void begin_packing(struct skyline *s, const double *weight)
{
    for (uint32_t i = 0; i < s->r->count; i++)
        s->entry[i].weight = weight[s->entry[i].index];
    set_max_weights(s, ROOT, 0, s->r->count);
    for (uint32_t i = 1; i < s->r->moments; i++)
        s->plateau[i].end = 0;
    s->plateau[0] = (struct plateau){0, s->r->moments, NONE};
    s->queued = 0;
    queue_push(s, 0);
}

void skyline_place(struct skyline *s, const double *weight, double flush,
                   uint64_t *at)
{
    s->flush = flush;
    begin_packing(s, weight);
    for (uint32_t left = s->r->count; left > 0;) {
        uint32_t start = pop_lowest_plateau(s);
        const struct entry *e = find_heaviest(s, start);

        if (!e) {
            raise_to_neighbour(s, start);
            continue;
        }
        at[e->index] = place_on(s, start, &s->r->item[e->index]);
        remove_entry(s, e);
        left--;
    }
}
