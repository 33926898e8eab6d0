/*
 * treap.c - best fit in a treap
 *
 * Best fit takes the smallest free block that is large enough, and of equals
 * the lowest. That uses memory well, because large blocks are kept whole, but a
 * list makes the search long. So keep the free blocks in a search tree, in the
 * order of (size, address). Then the best fit is the leftmost node that is
 * large enough, and one walk from the root finds it.
 *
 *                     160 a              find 100: 160 fits, go left;
 *                    /     \                       64 does not, go right;
 *                64 c       512 b                  128 fits, go left: end.
 *               /    \                   It is 128, the last that did.
 *           32 f      128 d
 *
 * A search tree has to be kept from growing into a list. Here each block has
 * a rank, a hash of its address, and no block is below one of lower rank. As
 * sizes and ranks have nothing to do with each other, this is the tree that
 * blocks inserted in random order would have made: some 2 ln n deep, although
 * nothing is ever rebalanced, no balance is stored, and two links to a block
 * are enough: the smallest block can be as small as in the lists.
 *
 * A tree ordered both ways, search tree by one key and heap by the other, is
 * a Cartesian tree: J. Vuillemin, 1980. With a random second key it is called
 * a treap: C. Aragon and R. Seidel, "Randomized Search Trees", 1989.
 *
 * The first allocator with such a tree used the keys the other way round: its
 * search order was the address, its heap order the size, the largest block at
 * the root (C. J. Stephenson, "Fast Fits", SOSP 1983). There the neighbours of
 * a freed block come for nothing, and the leftmost fit, which is first fit,
 * takes one walk. But the best fit may hide in either half wherever both are
 * headed by a block that fits, so all such blocks must be looked at; and
 * nothing bounds the depth: blocks whose sizes rise with their addresses make
 * a list. Boundary tags tell the neighbours here, so the tree is free to be
 * in the order that best fit asks for.
 *
 * Invariants: I1 to I4 of boundary_tag.h, and
 *   I5  The tree holds every free block once, and nothing else.
 *   I6  All that is left of a block precedes it in the order of (size,
 *       address), all that is right follows.
 *   I7  No block is below one of lower rank.
 */
#include "boundary_tag.h"

const char mm_idea[] = "best fit in a treap";

static struct {
    struct block *root;
} tree;

/* ---- Blocks as nodes: the two links of a free block are its children. ---- */

static struct block **left_of(struct block *b)
{
    return &b->prev;
}

static struct block **right_of(struct block *b)
{
    return &b->next;
}

static bool precedes(const struct block *a, const struct block *b)
{
    if (block_size(a) != block_size(b))
        return block_size(a) < block_size(b);
    return a < b;
}

/*
 * A hash without collisions below 64 GiB: each step can be undone. (The
 * constants are those of C. Wellons' "Prospecting for Hash Functions".)
 */
static uint32_t rank_of(const struct block *b)
{
    uint32_t x = (uint32_t)((uintptr_t)b / ALIGN);

    x = (x ^ x >> 16) * 0x7feb352d;
    x = (x ^ x >> 15) * 0x846ca68b;
    return x ^ x >> 16;
}

/* Where to go on from a node in search of b. */
static struct block **towards(struct block *node, const struct block *b)
{
    return precedes(b, node) ? left_of(node) : right_of(node);
}

/* ---- The discipline. ---- */

static void free_blocks_reset(void)
{
    tree.root = NULL;
}

/*
 * Walk down past all blocks of higher rank. There b becomes the root of the
 * subtree, which falls into two: what precedes b and what follows it. low and
 * high are the links where the next piece of each half has to go.
 */
static void free_blocks_add(struct block *b)
{
    struct block **link = &tree.root, *node;
    struct block **low = left_of(b), **high = right_of(b);

    while (*link && rank_of(*link) > rank_of(b))
        link = towards(*link, b);
    node = *link;
    *link = b;
    while (node) {
        if (precedes(node, b)) {
            *low = node;
            low = right_of(node);
            node = *low;
        } else {
            *high = node;
            high = left_of(node);
            node = *high;
        }
    }
    *low = *high = NULL;
}

/* The reverse: b's two subtrees become one, the higher rank above. */
static void free_blocks_remove(struct block *b)
{
    struct block **link = &tree.root;
    struct block *low = *left_of(b), *high = *right_of(b);

    while (*link != b)
        link = towards(*link, b);
    while (low && high) {
        if (rank_of(low) > rank_of(high)) {
            *link = low;
            link = right_of(low);
            low = *link;
        } else {
            *link = high;
            link = left_of(high);
            high = *link;
        }
    }
    *link = low ? low : high;
}

/* By I6 every better fit than one that fits is on its left. */
static struct block *free_blocks_find(size_t size)
{
    struct block *best = NULL, *node = tree.root;

    while (node) {
        if (block_size(node) >= size)
            best = node;
        node = best == node ? *left_of(node) : *right_of(node);
    }
    return best;
}

/* ---- The audit. ---- */

/*
 * The subtree at node, between two blocks in order (NULL: no bound). Whatever
 * the links have become, the walk ends: ranks fall on the way down, so no
 * path is a circle, and bounds narrow, so no block is met on two paths.
 */
static int audit_subtree(struct block *node, const struct block *after,
                         const struct block *before, size_t *nodes)
{
    struct block *child[] = {*left_of(node), *right_of(node)};

    ++*nodes;
    for (int side = 0; side < 2; side++) {
        const struct block *low = side ? node : after;
        const struct block *high = side ? before : node;
        struct block *b = child[side];
        int broken;

        if (!b)
            continue;
        if (!heap_has_free(b))
            return 5;
        if ((low && !precedes(low, b)) || (high && !precedes(b, high)))
            return 6;
        if (rank_of(b) >= rank_of(node))
            return 7;
        broken = audit_subtree(b, low, high, nodes);
        if (broken)
            return broken;
    }
    return 0;
}

static int free_blocks_audit(void)
{
    size_t nodes = 0;
    int broken = 0;

    if (tree.root && !heap_has_free(tree.root))
        return 5;
    if (tree.root)
        broken = audit_subtree(tree.root, NULL, NULL, &nodes);
    if (broken)
        return broken;
    return nodes == heap_count_free() ? 0 : 5;
}
