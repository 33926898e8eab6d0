/*
 * holes.c - blocks and holes in the order of their addresses, and a tree of the
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
#include "holes.h"

#include "base/fatal.h"
#include "trace/op.h"
#include "base/random.h"

#include <stdbool.h>
#include <stdlib.h>

struct block {
    struct block *before, *behind; /* its neighbours, NULL at the heap's ends */
    uint64_t start, size;
    bool is_hole; /* the rest is set */
    struct block *left, *right;
    uint64_t rank;
    uint64_t most[]; /* as many as there are alignments */
};

struct holes {
    struct block *last; /* NULL: the heap is empty */
    struct block *root; /* of the holes */
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

static uint64_t end_of(const struct block *b)
{
    return b ? b->start + b->size : 0;
}

static bool is_hole(const struct block *b)
{
    return b && b->is_hole;
}

/* A block of no size yet, between before and what was behind that. */
static struct block *new_block(struct holes *h, struct block *before)
{
    struct block *b = check_alloc(
        calloc(1, sizeof *b + h->alignment_count * sizeof *b->most));

    b->before = before;
    b->behind = before ? before->behind : NULL;
    b->start = end_of(before);
    if (before)
        before->behind = b;
    if (b->behind)
        b->behind->before = b;
    else
        h->last = b;
    return b;
}

/* Let a block take over the one behind it. */
static void absorb(struct holes *h, struct block *b)
{
    struct block *eaten = b->behind;

    b->size += eaten->size;
    b->behind = eaten->behind;
    if (b->behind)
        b->behind->before = b;
    else
        h->last = b;
    free(eaten);
}

/* Cut a block down to size; returns the rest, a block of its own. */
static struct block *cut(struct holes *h, struct block *b, uint64_t size)
{
    uint64_t rest = b->size - size;

    b->size = size;
    b = new_block(h, b);
    b->size = rest;
    return b;
}

/* ---- The tree of holes. ---- */

static bool precedes(const struct block *a, const struct block *b)
{
    return a->size != b->size ? a->size < b->size : a->start < b->start;
}

/* From the lowest multiple of align in the hole to its end. */
static uint64_t room_in(const struct block *hole, uint64_t align)
{
    uint64_t start = round_up(hole->start, align);

    return start < end_of(hole) ? end_of(hole) - start : 0;
}

static uint64_t most_in(const struct block *tree, unsigned i)
{
    return tree ? tree->most[i] : 0;
}

/* Restore I4 for a hole whose subtrees have it. */
static void survey(const struct holes *h, struct block *hole)
{
    for (unsigned i = 0; i < h->alignment_count; i++) {
        uint64_t most = room_in(hole, h->alignments[i]);

        if (most < most_in(hole->left, i))
            most = most_in(hole->left, i);
        if (most < most_in(hole->right, i))
            most = most_in(hole->right, i);
        hole->most[i] = most;
    }
}

/* A tree becomes two: what precedes the hole, and what follows it. */
static void split(const struct holes *h, struct block *tree,
                  const struct block *hole, struct block **low,
                  struct block **high)
{
    if (!tree) {
        *low = *high = NULL;
        return;
    }
    if (precedes(tree, hole)) {
        *low = tree;
        split(h, tree->right, hole, &tree->right, high);
    } else {
        *high = tree;
        split(h, tree->left, hole, low, &tree->left);
    }
    survey(h, tree);
}

/* The reverse: two trees, of which one precedes the other, become one. */
static struct block *join(const struct holes *h, struct block *low,
                          struct block *high)
{
    struct block *top = low;

    if (!low || !high)
        return low ? low : high;
    if (low->rank > high->rank) {
        low->right = join(h, low->right, high);
    } else {
        high->left = join(h, low, high->left);
        top = high;
    }
    survey(h, top);
    return top;
}

static struct block **towards(struct block *tree, const struct block *hole)
{
    return precedes(hole, tree) ? &tree->left : &tree->right;
}

/* Both return the tree as it is then. */
static struct block *with(const struct holes *h, struct block *tree,
                          struct block *hole)
{
    if (tree && tree->rank > hole->rank) {
        struct block **side = towards(tree, hole);

        *side = with(h, *side, hole);
        survey(h, tree);
        return tree;
    }
    split(h, tree, hole, &hole->left, &hole->right);
    survey(h, hole);
    return hole;
}

static struct block *without(const struct holes *h, struct block *tree,
                             struct block *hole)
{
    if (tree == hole)
        return join(h, hole->left, hole->right);
    struct block **side = towards(tree, hole);
    *side = without(h, *side, hole);
    survey(h, tree);
    return tree;
}

static void list(struct holes *h, struct block *hole)
{
    hole->is_hole = true;
    hole->rank = random_next(&h->random);
    h->root = with(h, h->root, hole);
}

static void unlist(struct holes *h, struct block *hole)
{
    h->root = without(h, h->root, hole);
    hole->is_hole = false;
}

/* The first in order with so much room at alignments[i]; NULL: none has. */
static struct block *best_fit(const struct holes *h, uint64_t size, unsigned i)
{
    struct block *hole = h->root;

    while (most_in(hole, i) >= size) {
        bool left = most_in(hole->left, i) >= size;

        if (!left && room_in(hole, h->alignments[i]) >= size)
            return hole;
        hole = left ? hole->left : hole->right;
    }
    return NULL;
}

/* ---- Take, give, resize. ---- */

/* No hole has the room: raise the break until the last has. Returns it. */
static struct block *grow(struct holes *h, uint64_t size, uint64_t align)
{
    struct block *hole = h->last;

    if (is_hole(hole))
        unlist(h, hole);
    else
        hole = new_block(h, hole);
    hole->size = round_up(hole->start, align) - hole->start + size;
    list(h, hole);
    return hole;
}

/* A block at the lowest place in the hole; what is left of it are holes. */
static struct block *place(struct holes *h, struct block *b, uint64_t size,
                           uint64_t align)
{
    uint64_t padding = round_up(b->start, align) - b->start;

    unlist(h, b);
    if (padding > 0) {
        struct block *aligned = cut(h, b, padding);

        list(h, b);
        b = aligned;
    }
    if (b->size > size)
        list(h, cut(h, b, size));
    return b;
}

struct block *holes_take(struct holes *h, uint64_t size, unsigned log2)
{
    unsigned i = h->index_of[log2];
    struct block *hole = best_fit(h, size, i);

    if (!hole)
        hole = grow(h, size, h->alignments[i]);
    return place(h, hole, size, h->alignments[i]);
}

void holes_give(struct holes *h, struct block *b)
{
    if (is_hole(b->behind)) {
        unlist(h, b->behind);
        absorb(h, b);
    }
    if (is_hole(b->before)) {
        b = b->before;
        unlist(h, b);
        absorb(h, b);
    }
    list(h, b);
}

/* Make it larger where it is: into the hole behind, and beyond the break. */
static bool extend(struct holes *h, struct block *b, uint64_t size)
{
    struct block *hole = is_hole(b->behind) ? b->behind : NULL;
    uint64_t end = end_of(hole ? hole : b);

    if (b->start + size > end && end < end_of(h->last))
        return false;
    if (hole) {
        unlist(h, hole);
        absorb(h, b);
    }
    if (b->size > size)
        list(h, cut(h, b, size));
    b->size = size;
    return true;
}

struct block *holes_resize(struct holes *h, struct block *b, uint64_t size)
{
    if (b->size > size)
        holes_give(h, cut(h, b, size));
    if (b->size == size || extend(h, b, size))
        return b;
    struct block *moved = holes_take(h, size, 0);
    holes_give(h, b);
    return moved;
}

/* ---- Beginning and end. ---- */

struct holes *holes_new(uint64_t alignments)
{
    struct holes *h = check_alloc(calloc(1, sizeof *h));

    for (unsigned log2 = 0; log2 < OP_SIZE_BITS; log2++) {
        if (!(alignments >> log2 & 1))
            continue;
        h->index_of[log2] = h->alignment_count;
        h->alignments[h->alignment_count++] = (uint64_t)1 << log2;
    }
    return h;
}

void holes_delete(struct holes *h)
{
    for (struct block *b = h->last, *before; b; b = before) {
        before = b->before;
        free(b);
    }
    free(h);
}

uint64_t holes_address(const struct block *b)
{
    return b->start;
}

uint64_t holes_top(const struct holes *h)
{
    return end_of(h->last);
}
