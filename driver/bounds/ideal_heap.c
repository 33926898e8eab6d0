/*
 * ideal_heap.c - blocks and holes in the order of their addresses, and a tree of the
 * holes by size.
 *
 *     0          48        96   112               208   240       272, break
 *     | block    | hole    |bl. | hole            | b.  | hole    |
 *     +<-------->+<------->+<-->+<--------------->+<--->+<------->+  neighbours
 *
 *                             hole 48..96                   a tree of the
 *                            /           \                  holes, by size,
 *                  hole 240..272         hole 112..208      then address
 *
 * Blocks and holes are a list in the order of their addresses: it is what
 * boundary tags are to a real heap, and tells the neighbours of a freed block.
 * The holes are also a treap (C. Aragon and R. Seidel, "Randomized Search
 * Trees", 1989; variants/treap.c tells how one works).
 *
 * For most requests the leftmost hole that is large enough is the best fit.
 * But memalign wants the lowest multiple of its alignment in the hole, and the
 * rest, the hole's room at that alignment, may be less than asked for in any
 * number of holes that are large enough. So every hole knows the most room in
 * the subtree that it heads, at each alignment that will be asked for:
 * whatever the alignment, one walk finds the leftmost hole that has the room,
 * never entering a subtree without it.
 *
 * Invariants, between two operations:
 *   I1  The list tiles the heap: its first block begins at 0, every other where
 *       the one before it ends, and the last ends at the break.
 *   I2  No hole has a hole for a neighbour, and none is empty.
 *   I3  The tree holds every hole once: what precedes it by size, then address,
 *       is left of it, what follows right, and nothing below it has a higher
 *       rank.
 *   I4  most[i] of a hole is the largest room at alignments[i] in its subtree.
 */
#include "ideal_heap.h"

#include "base/fatal.h"
#include "trace/op.h"
#include "base/random.h"

#include <stdbool.h>
#include <stdlib.h>

struct extent {
    struct extent *prev, *next; /* its neighbours, NULL at the heap's ends */
    uint64_t start, size;
    bool is_free; /* the rest is set */
    struct extent *left, *right;
    uint64_t priority;
    uint64_t max_fit[]; /* as many as there are alignments */
};

struct ideal_heap {
    struct extent *last; /* NULL: the heap is empty */
    struct extent *root; /* of the holes */
    uint64_t random;

    /* Which can be asked for, the granule first; which is which, by log2. */
    uint64_t alignments[OP_SIZE_BITS];
    unsigned alignment_count;
    unsigned index_of[OP_SIZE_BITS];
};

static uint64_t round_up(uint64_t size, uint64_t align)
{
    return (size + align - 1) & ~(align - 1);
}

/* ---- The list of blocks. ---- */

static uint64_t end_of(const struct extent *e)
{
    return e ? e->start + e->size : 0;
}

static bool is_free(const struct extent *e)
{
    return e && e->is_free;
}

/* A block of no size yet, between before and what was behind that. */
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

/* Let a block take over the one behind it. */
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

/* Cut a block down to size; returns the rest, a block of its own. */
static struct extent *split_extent(struct ideal_heap *h, struct extent *e,
                                   uint64_t size)
{
    uint64_t rest = e->size - size;

    e->size = size;
    e = new_extent(h, e);
    e->size = rest;
    return e;
}

/* ---- The tree of holes. ---- */

static bool precedes(const struct extent *a, const struct extent *b)
{
    return a->size != b->size ? a->size < b->size : a->start < b->start;
}

/* From the lowest multiple of align in the hole to its end. */
static uint64_t fit_in(const struct extent *node, uint64_t align)
{
    uint64_t start = round_up(node->start, align);

    return start < end_of(node) ? end_of(node) - start : 0;
}

static uint64_t max_fit_in(const struct extent *tree, unsigned i)
{
    return tree ? tree->max_fit[i] : 0;
}

/* Restore I4 for a hole whose subtrees have it. */
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

/* A tree becomes two: what precedes the hole, and what follows it. */
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

/* The reverse: two trees, of which one precedes the other, become one. */
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

/* Both return the tree as it is then. */
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

/* The first in order with so much room at alignments[i]; NULL: none has. */
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

/* ---- Take, give, resize. ---- */

/* No hole has the room: raise the break until the last has. Returns it. */
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

/* A block at the lowest place in the hole; what is left of it are holes. */
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

/* Make it larger where it is: into the hole behind, and beyond the break. */
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
