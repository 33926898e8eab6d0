/*
 * implicit.c - implicit list, first fit
 *
 * There is no list of free blocks. But by I1 each tag leads to the next, so
 * the heap is itself a list of all blocks, and the free ones can be told by
 * their tags. Take the first, from the low end, that is large enough.
 *
 *      lo | used | free | used | used | free | used |end
 *           `--->  `--->  `--->  `--->  `--->  `---->
 *
 * Nothing is to be kept up to date: to free is to mark and to merge. All the
 * cost is in the search, which steps over every block in use: the time of a
 * malloc grows with the heap. The memory is used well, for first fit prefers
 * low addresses, and large blocks gather at the high end.
 *
 * First fit is Algorithm A of Knuth, TAOCP 1, section 2.5; its reputation,
 * and that of the next two, is weighed by Wilson et al., "Dynamic Storage
 * Allocation: A Survey and Critical Review", 1995, on sequential fits.
 *
 * Invariants: I1 to I4 of boundary_tag.h; there is no state for another.
 */
#include "boundary_tag.h"

const char mm_idea[] = "implicit list, first fit";

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
    for (struct block *b = heap_first(); !block_is_end(b); b = block_next(b))
        if (!block_in_use(b) && block_size(b) >= size)
            return b;
    return NULL;
}

static int free_blocks_audit(void)
{
    return 0;
}
