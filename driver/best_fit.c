/*
 * best_fit.c - the heap that an allocator would have which wastes nothing on
 * itself.
 *
 * An allocator loses memory in three ways: to padding, to what it writes beside
 * the payloads, and to where it puts them. The first is the trace's; the second
 * can be anything from nothing to a header a block. This is a heap without
 * headers, of which only addresses exist, so that what is lost beyond padding
 * is lost to placement: by best fit, the smallest hole that fits, and of equals
 * the lowest, with every hole merged with its neighbours at once. On programs
 * best fit places about as well as can be without knowing what comes:
 * M. Johnstone and P. Wilson, "The Memory Fragmentation Problem: Solved?", ISMM
 * 1998, which leaves out headers for the same reason.
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
 * the subtree that it heads, at each alignment that the trace asks for:
 * whatever the alignment, one walk finds the leftmost hole that has the room,
 * never entering a subtree without it.
 *
 * The heap begins at 0, a multiple of every alignment. The break never falls;
 * memory freed below it is a hole like others. Where no hole has the room, the
 * last one, if it ends at the break, grows with it until it has.
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
#include "best_fit.h"

#include "complain.h"
#include "random.h"

#include <stdlib.h>

/* Stop there: no memory is as large, and a little further sums overflow. */
#define HIGHEST_BREAK ((uint64_t)1 << 62)

struct block {
    struct block *before, *behind; /* its neighbours, NULL at the heap's ends */
    uint64_t start, size;
    bool is_hole; /* the rest is set */
    struct block *left, *right;
    uint64_t rank;
    uint64_t most[]; /* as many as there are alignments */
};

struct heap {
    struct block *last;     /* NULL: the heap is empty */
    struct block *root;     /* of the holes */
    struct block **of_slot; /* live blocks */
    uint64_t random;

    /* The granule, then the larger ones asked for; which is which, by log2. */
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
static struct block *new_block(struct heap *h, struct block *before)
{
    struct block *b =
        need(calloc(1, sizeof *b + h->alignment_count * sizeof *b->most));

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
static void absorb(struct heap *h, struct block *b)
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
static struct block *cut(struct heap *h, struct block *b, uint64_t size)
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
static void survey(const struct heap *h, struct block *hole)
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
static void split(const struct heap *h, struct block *tree,
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
static struct block *join(const struct heap *h, struct block *low,
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
static struct block *with(const struct heap *h, struct block *tree,
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

static struct block *without(const struct heap *h, struct block *tree,
                             struct block *hole)
{
    if (tree == hole)
        return join(h, hole->left, hole->right);
    struct block **side = towards(tree, hole);
    *side = without(h, *side, hole);
    survey(h, tree);
    return tree;
}

static void list(struct heap *h, struct block *hole)
{
    hole->is_hole = true;
    hole->rank = random_next(&h->random);
    h->root = with(h, h->root, hole);
}

static void unlist(struct heap *h, struct block *hole)
{
    h->root = without(h, h->root, hole);
    hole->is_hole = false;
}

/* The first in order with so much room at alignments[i]; NULL: none has. */
static struct block *best_fit(const struct heap *h, uint64_t size, unsigned i)
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

/* ---- malloc, free, realloc. ---- */

/* No hole has the room: raise the break until the last has. Returns it. */
static struct block *grow(struct heap *h, uint64_t size, uint64_t align)
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
static struct block *place(struct heap *h, struct block *b, uint64_t size,
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

static struct block *allocate(struct heap *h, uint64_t size, unsigned i)
{
    struct block *hole = best_fit(h, size, i);

    if (!hole)
        hole = grow(h, size, h->alignments[i]);
    return place(h, hole, size, h->alignments[i]);
}

static void release(struct heap *h, struct block *b)
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
static bool extend(struct heap *h, struct block *b, uint64_t size)
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

static struct block *resize(struct heap *h, struct block *b, uint64_t size)
{
    if (b->size > size)
        release(h, cut(h, b, size));
    if (b->size == size || extend(h, b, size))
        return b;
    struct block *moved = allocate(h, size, 0);
    release(h, b);
    return moved;
}

/* ---- A trace. ---- */

static uint64_t size_asked(const struct heap *h, struct op op)
{
    uint64_t payload = op_payload(op), granule = h->alignments[0];

    return payload > 0 ? round_up(payload, granule) : granule;
}

/* Which alignment it asks for: none is less than the granule. */
static unsigned alignment_asked(const struct heap *h, struct op op)
{
    return op_kind(op) == OP_ALIGNED ? h->index_of[op.arg] : 0;
}

static void apply(struct heap *h, struct op op)
{
    struct block **block = &h->of_slot[op_slot(op)];

    if (op_kind(op) == OP_FREE_NULL)
        return;
    if (op_begins(op))
        *block = allocate(h, size_asked(h, op), alignment_asked(h, op));
    else if (op_ends(op))
        release(h, *block);
    else
        *block = resize(h, *block, size_asked(h, op));
}

static void note_alignment(struct heap *h, uint32_t log2)
{
    uint64_t align = (uint64_t)1 << log2;

    if (align <= h->alignments[0] || h->index_of[log2] > 0)
        return;
    h->index_of[log2] = h->alignment_count;
    h->alignments[h->alignment_count++] = align;
}

static void open_heap(struct heap *h, const struct trace *t, unsigned align)
{
    *h = (struct heap){.alignments = {align}, .alignment_count = 1};
    h->of_slot = need(calloc((size_t)t->slot_count + 1, sizeof *h->of_slot));
    for (uint64_t i = 0; i < t->op_count; i++) {
        if (op_kind(t->ops[i]) == OP_ALIGNED)
            note_alignment(h, t->ops[i].arg);
        trace_walk(t, i);
    }
}

static void close_heap(struct heap *h)
{
    for (struct block *b = h->last, *before; b; b = before) {
        before = b->before;
        free(b);
    }
    free(h->of_slot);
}

uint64_t best_fit_footprint(const struct trace *trace, unsigned align)
{
    struct heap h;

    open_heap(&h, trace, align);
    for (uint64_t i = 0; i < trace->op_count; i++) {
        if (end_of(h.last) < HIGHEST_BREAK)
            apply(&h, trace->ops[i]);
        trace_walk(trace, i);
    }
    uint64_t highest = end_of(h.last);
    close_heap(&h);
    return highest;
}
