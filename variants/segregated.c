/*
 * segregated.c - free lists by size class
 *
 * One list mixes all sizes, and the search steps over blocks that are much
 * too small. So keep a list for each class of sizes, here the powers of two,
 * in units of the smallest block:
 *
 *      class 0   [ 1,  2)  --> b <--> b <--> b
 *      class 1   [ 2,  4)
 *      class 2   [ 4,  8)  --> b
 *      class 3   [ 8, 16)  --> b <--> b
 *        ...
 *      last      [ 2^k, infinity)
 *
 * A request looks into its own class, where a block may or may not fit, and
 * then upwards, where every block does. Within a class it does not take the
 * first block that fits but the best of the first few: best fit would search
 * everything, and this comes near to it, for a class is a narrow choice
 * already and the classes are tried in order of size. Hence the name, good
 * fit. Where MAX_PROBES blocks do not include one that would fit, a larger one
 * is split or the heap grows: that costs memory, never correctness.
 *
 * Segregated fits: Wilson et al., "Dynamic Storage Allocation: A Survey and
 * Critical Review", 1995, on segregated free lists; the best known example
 * is D. Lea, "A Memory Allocator", 1996.
 *
 * Invariants: I1 to I4 of boundary_tag.h, and
 *   I5  Each free block is in the list of its class, once, and the lists
 *       hold nothing else.
 *   I6  b->next->prev == b along a list; the first block has no prev.
 */
#include "boundary_tag.h"

const char mm_idea[] = "free lists by size class";

enum {
    CLASSES = 24,    /* the last from 256 MiB up, 128 MiB in 32 bits */
    MAX_PROBES = 64, /* blocks of a class looked at for one request */
};

static struct {
    struct block *first[CLASSES];
} lists;

/* The highest bit of size, counted in smallest blocks. */
static size_t class_of(size_t size)
{
    size_t n = 8 * WORD - 1 - (size_t)__builtin_clzl(size / MIN_BLOCK);

    return n < CLASSES ? n : CLASSES - 1;
}

_Static_assert(sizeof(long) == WORD, "__builtin_clzl takes a size_t");

static void free_blocks_reset(void)
{
    for (size_t n = 0; n < CLASSES; n++)
        lists.first[n] = NULL;
}

static void free_blocks_add(struct block *b)
{
    struct block **first = &lists.first[class_of(block_size(b))];

    b->prev = NULL;
    b->next = *first;
    if (b->next)
        b->next->prev = b;
    *first = b;
}

static void free_blocks_remove(struct block *b)
{
    if (b->next)
        b->next->prev = b->prev;
    if (b->prev)
        b->prev->next = b->next;
    else
        lists.first[class_of(block_size(b))] = b->next;
}

/* A good fit on the list from b on: the best of the first few blocks. */
static struct block *find_good(struct block *b, size_t size)
{
    struct block *best = NULL;

    for (int probes = MAX_PROBES; b && probes > 0; b = b->next, probes--)
        if (block_size(b) >= size &&
            (!best || block_size(b) < block_size(best)))
            best = b;
    return best;
}

static struct block *free_blocks_find(size_t size)
{
    for (size_t n = class_of(size); n < CLASSES; n++) {
        struct block *b = find_good(lists.first[n], size);

        if (b)
            return b;
    }
    return NULL;
}

/* 0 and the blocks of one list added to *listed, or what is broken in it. */
static int audit_list(size_t n, size_t *listed)
{
    struct block *prev = NULL, *b = lists.first[n];

    for (; b; prev = b, b = b->next, ++*listed) {
        if (!heap_has_free(b) || class_of(block_size(b)) != n)
            return 5;
        if (b->prev != prev)
            return 6;
    }
    return 0;
}

static int free_blocks_audit(void)
{
    size_t listed = 0;
    int broken = 0;

    for (size_t n = 0; n < CLASSES && !broken; n++)
        broken = audit_list(n, &listed);
    if (broken)
        return broken;
    return listed == heap_count_free() ? 0 : 5;
}
