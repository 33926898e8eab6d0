/*
 * implicit_next.c - implicit list, next fit
 *
 * First fit (implicit.c) looks at the same blocks again at every call: the
 * low end fills up with small remainders that it has to step over. Next fit
 * remembers where the last search ended, its rover, and goes on from there,
 * around the end of the heap and back to the rover.
 *
 *      lo | used | free | used | used | free | used |end
 *        ------------>  ^rover   1st    2nd    3rd ...
 *         ... then these
 *
 * A search is short now, and the price is memory: blocks are placed all over
 * the heap and no large free area survives anywhere. The rover is Knuth's
 * (TAOCP 1, section 2.5, exercise 6), and K&R's in section 8.7 of the book;
 * that it fragments worst of the three is the verdict of Wilson et al.,
 * "Dynamic Storage Allocation: A Survey and Critical Review", 1995.
 *
 * Invariants: I1 to I4 of boundary_tag.h, and
 *   I5  the rover is a block of the heap, or the end tag.
 */
#include "boundary_tag.h"

const char mm_idea[] = "implicit list, next fit";

static struct {
    struct block *rover;
} search;

/* Where the first block will be. */
static void free_blocks_reset(void)
{
    search.rover = heap_first();
}

/*
 * For I5: b may have grown over the rover by merging. And where b is what was
 * left of the block just placed, the search goes on in it, not behind it.
 */
static void free_blocks_add(struct block *b)
{
    if (b < search.rover && search.rover <= block_next(b))
        search.rover = b;
}

/* By I4 the block after b is in use and stays a block whatever b becomes. */
static void free_blocks_remove(struct block *b)
{
    if (search.rover == b)
        search.rover = block_next(b);
}

/* The first fit in [from, to). */
static struct block *find_between(struct block *from, struct block *to,
                                  size_t size)
{
    for (struct block *b = from; b < to; b = block_next(b))
        if (!block_in_use(b) && block_size(b) >= size)
            return b;
    return NULL;
}

static struct block *free_blocks_find(size_t size)
{
    struct block *rover = search.rover;
    struct block *b = find_between(rover, heap_end(), size);

    if (!b)
        b = find_between(heap_first(), rover, size);
    if (b)
        search.rover = b;
    return b;
}

static int free_blocks_audit(void)
{
    struct block *b = heap_first();

    while (b < search.rover && !block_is_end(b))
        b = block_next(b);
    return b == search.rover ? 0 : 5;
}
