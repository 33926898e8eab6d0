/*
 * ideal_heap.c - a list of all extents by address, and a tree of the free ones
 * by size.
 *
 *     0          48        96   112               208   240       272, break
 *     | block    | free    |bl. | free            | b.  | free    |
 *     +<-------->+<------->+<-->+<--------------->+<--->+<------->+  the list
 *
 *                             free 48..96                   the tree of free
 *                            /           \                  extents, by size,
 *                  free 240..272         free 112..208      then address
 *
 * The list has the part of boundary tags in a real heap: it gives the
 * neighbours of a freed block. The tree is a treap (C. Aragon and R. Seidel,
 * "Randomized Search Trees", 1989; variants/treap.c explains it).
 *
 * For most requests the leftmost free extent that is large enough is the best
 * fit. But an aligned request begins at the lowest multiple of its alignment in
 * the extent. The bytes from there to the end are the extent's fit at that
 * alignment, and they may be too few in any number of extents that are large
 * enough. So each node stores the largest fit in its subtree, for each
 * alignment that may be asked for. One walk down the tree then finds the
 * leftmost extent that fits: it never enters a subtree that has none.
 *
 * Invariants, between two operations:
 *   I1  The list tiles the heap: the first extent begins at 0, each other one
 *       where its predecessor ends, and the last ends at the break.
 *   I2  No two free extents are neighbours, and no extent is empty.
 *   I3  The tree has each free extent once. What precedes a node by size, then
 *       address, is in its left subtree, what follows it in its right one, and
 *       no node below it has a higher priority.
 *   I4  max_fit[i] of a node is its subtree's largest fit at alignments[i].
 */
#include "ideal_heap.h"

#include "base/fatal.h"
#include "trace/op.h"
#include "base/random.h"

#include <stdbool.h>
#include <stdlib.h>

struct extent {
    struct extent *prev, *next; /* neighbours by address; NULL: none */
    uint64_t start, size;
    bool is_free; /* then it is a node of the tree: */
    struct extent *left, *right;
    uint64_t priority;
    uint64_t max_fit[]; /* by index of the alignment (I4) */
};

struct ideal_heap {
    struct extent *last; /* NULL: the heap is empty */
    struct extent *root; /* of the free extents */
    uint64_t random;     /* the state of the priorities' generator */

    /* In increasing order, the granule first; and the index of each log2. */
    uint64_t alignments[OP_SIZE_BITS];
    unsigned alignment_count;
    unsigned index_of[OP_SIZE_BITS];
};

static uint64_t round_up(uint64_t size, uint64_t align)
{
    return (size + align - 1) & ~(align - 1);
}

/* ---- The list of extents. ---- */

static uint64_t end_of(const struct extent *e)
{
    return e ? e->start + e->size : 0;
}

static bool is_free(const struct extent *e)
{
    return e && e->is_free;
}

/* Insert an extent of size 0 behind prev; prev NULL: into the empty heap. */
static struct extent *new_extent(struct ideal_heap *h, struct extent *prev)
{
    struct extent *e = check_alloc(
        calloc(1, sizeof *e + h->alignment_count * sizeof *e->max_fit));

    e->prev = prev;
    e->next = prev ? prev->next : NULL;
    e->start = end_of(prev);
    if (prev)
        prev->next = e;
    if (e->next)
        e->next->prev = e;
    else
        h->last = e;
    return e;
}

/* Merge the extent with the next one, which is not in the tree. */
static void merge_next(struct ideal_heap *h, struct extent *e)
{
    struct extent *next = e->next;

    e->size += next->size;
    e->next = next->next;
    if (e->next)
        e->next->prev = e;
    else
        h->last = e;
    free(next);
}

/* Split the extent behind its first size bytes; returns the second part. */
static struct extent *split_extent(struct ideal_heap *h, struct extent *e,
                                   uint64_t size)
{
    uint64_t rest = e->size - size;

    e->size = size;
    e = new_extent(h, e);
    e->size = rest;
    return e;
}

/* ---- The tree of free extents. ---- */

static bool precedes(const struct extent *a, const struct extent *b)
{
    return a->size != b->size ? a->size < b->size : a->start < b->start;
}

/* The bytes from the lowest multiple of align in the extent to its end. */
static uint64_t fit_in(const struct extent *node, uint64_t align)
{
    uint64_t start = round_up(node->start, align);

    return start < end_of(node) ? end_of(node) - start : 0;
}

static uint64_t max_fit_in(const struct extent *tree, unsigned i)
{
    return tree ? tree->max_fit[i] : 0;
}

/* Restore I4 for a node whose subtrees satisfy it. */
static void update_max_fit(const struct ideal_heap *h, struct extent *node)
{
    for (unsigned i = 0; i < h->alignment_count; i++) {
        uint64_t max_fit = fit_in(node, h->alignments[i]);

        if (max_fit < max_fit_in(node->left, i))
            max_fit = max_fit_in(node->left, i);
        if (max_fit < max_fit_in(node->right, i))
            max_fit = max_fit_in(node->right, i);
        node->max_fit[i] = max_fit;
    }
}

/* Split a tree in two: what precedes the node, and what follows it. */
static void treap_split(const struct ideal_heap *h, struct extent *tree,
                        const struct extent *node, struct extent **left,
                        struct extent **right)
{
    if (!tree) {
        *left = *right = NULL;
        return;
    }
    if (precedes(tree, node)) {
        *left = tree;
        treap_split(h, tree->right, node, &tree->right, right);
    } else {
        *right = tree;
        treap_split(h, tree->left, node, left, &tree->left);
    }
    update_max_fit(h, tree);
}

/* Join two trees; all of the left one precedes all of the right one. */
static struct extent *treap_join(const struct ideal_heap *h,
                                 struct extent *left, struct extent *right)
{
    struct extent *top = left;

    if (!left || !right)
        return left ? left : right;
    if (left->priority > right->priority) {
        left->right = treap_join(h, left->right, right);
    } else {
        right->left = treap_join(h, left, right->left);
        top = right;
    }
    update_max_fit(h, top);
    return top;
}

static struct extent **child_for(struct extent *tree, const struct extent *node)
{
    return precedes(node, tree) ? &tree->left : &tree->right;
}

/* Both functions return the root of the changed tree. */
static struct extent *treap_insert(const struct ideal_heap *h,
                                   struct extent *tree, struct extent *node)
{
    if (tree && tree->priority > node->priority) {
        struct extent **side = child_for(tree, node);

        *side = treap_insert(h, *side, node);
        update_max_fit(h, tree);
        return tree;
    }
    treap_split(h, tree, node, &node->left, &node->right);
    update_max_fit(h, node);
    return node;
}

static struct extent *treap_remove(const struct ideal_heap *h,
                                   struct extent *tree, struct extent *node)
{
    if (tree == node)
        return treap_join(h, node->left, node->right);
    struct extent **side = child_for(tree, node);
    *side = treap_remove(h, *side, node);
    update_max_fit(h, tree);
    return tree;
}

static void add_free(struct ideal_heap *h, struct extent *node)
{
    node->is_free = true;
    node->priority = random_next(&h->random);
    h->root = treap_insert(h, h->root, node);
}

static void remove_free(struct ideal_heap *h, struct extent *node)
{
    h->root = treap_remove(h, h->root, node);
    node->is_free = false;
}

/* The first free extent, by size then address, with that fit; NULL: none. */
static struct extent *best_fit(const struct ideal_heap *h, uint64_t size,
                               unsigned i)
{
    struct extent *node = h->root;

    while (max_fit_in(node, i) >= size) {
        bool left = max_fit_in(node->left, i) >= size;

        if (!left && fit_in(node, h->alignments[i]) >= size)
            return node;
        node = left ? node->left : node->right;
    }
    return NULL;
}

/* ---- Allocate, free, resize. ---- */

/* Raise the break so that the last extent is free and the request fits. */
static struct extent *raise_break(struct ideal_heap *h, uint64_t size,
                                  uint64_t align)
{
    struct extent *last = h->last;

    if (is_free(last))
        remove_free(h, last);
    else
        last = new_extent(h, last);
    last->size = round_up(last->start, align) - last->start + size;
    add_free(h, last);
    return last;
}

/* Allocate at the lowest address in a free extent; the rest stays free. */
static struct extent *allocate_in(struct ideal_heap *h, struct extent *e,
                                  uint64_t size, uint64_t align)
{
    uint64_t padding = round_up(e->start, align) - e->start;

    remove_free(h, e);
    if (padding > 0) {
        struct extent *aligned = split_extent(h, e, padding);

        add_free(h, e);
        e = aligned;
    }
    if (e->size > size)
        add_free(h, split_extent(h, e, size));
    return e;
}

struct extent *ideal_heap_alloc(struct ideal_heap *h, uint64_t size,
                                unsigned log2)
{
    unsigned i = h->index_of[log2];
    struct extent *found = best_fit(h, size, i);

    if (!found)
        found = raise_break(h, size, h->alignments[i]);
    return allocate_in(h, found, size, h->alignments[i]);
}

void ideal_heap_free(struct ideal_heap *h, struct extent *e)
{
    if (is_free(e->next)) {
        remove_free(h, e->next);
        merge_next(h, e);
    }
    if (is_free(e->prev)) {
        e = e->prev;
        remove_free(h, e);
        merge_next(h, e);
    }
    add_free(h, e);
}

/* Grow into a free extent behind the block, and beyond the break; or false. */
static bool grow_in_place(struct ideal_heap *h, struct extent *e, uint64_t size)
{
    struct extent *next = is_free(e->next) ? e->next : NULL;
    uint64_t end = end_of(next ? next : e);

    if (e->start + size > end && end < end_of(h->last))
        return false;
    if (next) {
        remove_free(h, next);
        merge_next(h, e);
    }
    if (e->size > size)
        add_free(h, split_extent(h, e, size));
    e->size = size;
    return true;
}

struct extent *ideal_heap_resize(struct ideal_heap *h, struct extent *e,
                                 uint64_t size)
{
    if (e->size > size)
        ideal_heap_free(h, split_extent(h, e, size));
    if (e->size == size || grow_in_place(h, e, size))
        return e;
    struct extent *moved = ideal_heap_alloc(h, size, 0);
    ideal_heap_free(h, e);
    return moved;
}

/* ---- Beginning and end. ---- */

struct ideal_heap *ideal_heap_new(uint64_t alignments)
{
    struct ideal_heap *h = check_alloc(calloc(1, sizeof *h));

    for (unsigned log2 = 0; log2 < OP_SIZE_BITS; log2++) {
        if (!(alignments >> log2 & 1))
            continue;
        h->index_of[log2] = h->alignment_count;
        h->alignments[h->alignment_count++] = (uint64_t)1 << log2;
    }
    return h;
}

void ideal_heap_delete(struct ideal_heap *h)
{
    for (struct extent *e = h->last, *prev; e; e = prev) {
        prev = e->prev;
        free(e);
    }
    free(h);
}

uint64_t ideal_heap_address(const struct extent *e)
{
    return e->start;
}

uint64_t ideal_heap_break(const struct ideal_heap *h)
{
    return end_of(h->last);
}
