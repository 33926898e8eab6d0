/*
 * explicit_address.c - explicit free list in address order
 *
 * The list of explicit.c, but a block is inserted where its address belongs.
 * First fit on this list is first fit on the heap, as in implicit.c, without
 * stepping over the blocks in use.
 *
 *      sentinel <--> low <--> ... <--> higher <--> ... <--> high
 *           ^                                                ^
 *           `------------------------------------------------'
 *
 * Allocation keeps to the low end, and what lies at the high end gets a
 * chance to be freed and to merge: address order loses far less memory than
 * last in, first out. The price is paid by free, which now walks the list,
 * half of it in the mean.
 *
 * K&R, section 8.7, keep this order too, and for another reason: blocks that
 * adjoin in memory adjoin in the list, so they merge without boundary tags.
 * That address order fragments least is a finding of Wilson et al., "Dynamic
 * Storage Allocation: A Survey and Critical Review", 1995, and of Johnstone
 * and Wilson, "The Memory Fragmentation Problem: Solved?", 1998.
 *
 * Invariants: I1 to I4 of boundary_tag.h, and
 *   I5  The list holds every free block once, and nothing else.
 *   I6  b->next->prev == b along the list.
 *   I7  b < b->next along the list, up to the sentinel.
 */
#include "boundary_tag.h"

const char mm_idea[] = "explicit free list in address order";

static struct {
    struct block sentinel; /* of size 0: it never fits */
} list;

static void free_blocks_reset(void)
{
    list.sentinel.next = list.sentinel.prev = &list.sentinel;
}

/* The first block of the list above b, or the sentinel. */
static struct block *find_above(const struct block *b)
{
    struct block *at = list.sentinel.next;

    while (at != &list.sentinel && at < b)
        at = at->next;
    return at;
}

static void free_blocks_add(struct block *b)
{
    b->next = find_above(b);
    b->prev = b->next->prev;
    b->next->prev = b;
    b->prev->next = b;
}

static void free_blocks_remove(struct block *b)
{
    b->prev->next = b->next;
    b->next->prev = b->prev;
}

static struct block *free_blocks_find(size_t size)
{
    struct block *b = list.sentinel.next;

    while (b != &list.sentinel && block_size(b) < size)
        b = b->next;
    return b == &list.sentinel ? NULL : b;
}

/* By I7 the walk ends: addresses cannot rise for ever. */
static int free_blocks_audit(void)
{
    struct block *prev = &list.sentinel, *b = prev->next;
    size_t listed = 0;

    for (; b != &list.sentinel; prev = b, b = b->next, listed++) {
        if (!heap_has_free(b))
            return 5;
        if (b->prev != prev)
            return 6;
        if (prev != &list.sentinel && prev >= b)
            return 7;
    }
    if (b->prev != prev)
        return 6;
    return listed == heap_count_free() ? 0 : 5;
}
