/*
 * implicit_best.c - implicit list, best fit
 *
 * Look at all free blocks and take the smallest that is large enough, so that
 * what remains of it is least and the large ones are spared for requests that
 * need them. Among equals the lowest address wins.
 *
 *      lo | used | 96 | used | 32 | used | 48 | used |end
 *                                          ^ malloc(40): 48 with the tag
 *
 * Every search walks the whole heap, unless it meets a block of exactly the
 * size; so this is the slowest of the three implicit ones, and the measure
 * of memory for all the others: segregated.c and the mm.c of this project
 * are ways to find (nearly) the block that this one finds, without the walk.
 *
 * Knuth, TAOCP 1, section 2.5, discusses best fit beside first fit. That the
 * two, with coalescing at once, waste very little on real programs is shown
 * by Johnstone and Wilson, "The Memory Fragmentation Problem: Solved?", 1998.
 *
 * Invariants: I1 to I4 of boundary_tag.h; there is no state for another.
 */
#include "boundary_tag.h"

const char mm_idea[] = "implicit list, best fit";

static void free_blocks_reset(void)
{
}

static void free_blocks_add(struct block *b)
{
    (void)b; /* its tag says it all */
}

static void free_blocks_remove(struct block *b)
{
    (void)b;
}

static struct block *free_blocks_find(size_t size)
{
    struct block *best = NULL;
    size_t best_size = SIZE_MAX;

    for (struct block *b = heap_first(); !block_is_end(b); b = block_next(b)) {
        if (block_in_use(b) || block_size(b) < size)
            continue;
        if (block_size(b) == size)
            return b;
        if (block_size(b) < best_size) {
            best = b;
            best_size = block_size(b);
        }
    }
    return best;
}

static int free_blocks_audit(void)
{
    return 0;
}
