/*
 * explicit.c - explicit free list, newest first
 *
 * A search need not visit the blocks in use: link the free blocks to a list.
 * The links lie in the free blocks themselves, whose payloads are unused. The
 * list is circular and doubly linked through a sentinel, so that a block that
 * is merged leaves the list in two assignments, whatever its neighbours are.
 *
 *           .-------------------------------------------.
 *           v                                           v
 *      sentinel <--> freed last <--> freed before <--> oldest
 *
 * A block is pushed in front and the search starts there, first fit on what
 * was freed last. To free takes constant time, and the block that comes back
 * is likely to be in the cache still. But the order of the list is that of
 * the program's frees, not that of memory: a small request may well break up
 * a large block although a fitting one lies deeper (explicit_address.c is
 * the same list, kept in order).
 *
 * Doubly linked lists with boundary tags: Knuth, TAOCP 1, section 2.5,
 * Algorithm C. The orders compared: Wilson et al., "Dynamic Storage
 * Allocation: A Survey and Critical Review", 1995, on sequential fits.
 *
 * Invariants: I1 to I4 of boundary_tag.h, and
 *   I5  The list holds every free block once, and nothing else.
 *   I6  b->next->prev == b along the list.
 */
#include "boundary_tag.h"

const char mm_idea[] = "explicit free list, newest first";

static struct {
    struct block sentinel; /* of size 0: it never fits */
} list;

static void free_blocks_reset(void)
{
    list.sentinel.next = list.sentinel.prev = &list.sentinel;
}

static void free_blocks_add(struct block *b)
{
    b->prev = &list.sentinel;
    b->next = list.sentinel.next;
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

/*
 * By I6 no block is reached from two others, so the walk cannot run in a
 * circle, whatever the links have become.
 */
static int free_blocks_audit(void)
{
    struct block *prev = &list.sentinel, *b = prev->next;
    size_t listed = 0;

    for (; b != &list.sentinel; prev = b, b = b->next, listed++) {
        if (!heap_has_free(b))
            return 5;
        if (b->prev != prev)
            return 6;
    }
    if (b->prev != prev)
        return 6;
    return listed == heap_count_free() ? 0 : 5;
}
