/*
 * hmm.c - FIFO free list, heap shrinks too
 *
 * The adapter of libraries/hmm.c. The library's names are those of the C
 * library, which this process needs itself: here its functions get other names.
 */
#include <malloc.h>
#include <stdbool.h>

#include "os.h"

#define malloc mm_malloc
#define free mm_free
#define calloc mm_calloc
#define realloc mm_realloc
#define memalign mm_memalign
#define malloc_usable_size mm_usable_size
#define reallocarray hmm_reallocarray
#define posix_memalign hmm_posix_memalign
#define aligned_alloc hmm_aligned_alloc
#define valloc hmm_valloc
#define pvalloc hmm_pvalloc

#define MALLOC_NAMES_H
#include "../hmm.c"

const char mm_idea[] = "FIFO free list, heap shrinks too";

int mm_init(void)
{
    heap.list.next = heap.list.prev = &heap.list;
    heap.bound = 0;
    heap.end = NULL;
    heap.brk = NULL;
    return 0;
}

/* ---- The audit. In the lab only hmm moves the break: one segment. ---- */

static struct block *first_block(void)
{
    return (struct block *)((char *)mem_heap_lo() + ALIGN - WORD);
}

/* I1 first: only a block of sound size may be followed to its footer. */
static int audit_block(const struct block *b, bool prev_in_use)
{
    size_t size = block_size(b);

    if (size % ALIGN != 0 || size < MIN_BLOCK ||
        size > (size_t)((char *)heap.end - (char *)b))
        return 1;
    if (block_prev_in_use(b) != prev_in_use)
        return 2;
    if (!block_in_use(b) && *block_footer(b) != size)
        return 3;
    if (!block_in_use(b) && !prev_in_use)
        return 4;
    return 0;
}

/* Whether b, from a link that may be broken, can be a listed block at all. */
static bool can_be_listed(const struct block *b)
{
    return b >= first_block() && b < heap.end &&
           ((uintptr_t)b + WORD) % ALIGN == 0 && !block_in_use(b) &&
           block_size(b) >= MIN_BLOCK && !is_top(b);
}

/* By I6 no block is reached from two others: the walk is no circle. */
static int audit_list(size_t free_blocks)
{
    const struct block *prev = &heap.list, *b = prev->next;
    size_t expected = free_blocks - (heap_top() != NULL), listed = 0;

    for (; b != &heap.list; prev = b, b = b->next, listed++) {
        if (!can_be_listed(b))
            return 5;
        if (b->prev != prev)
            return 6;
        if (block_size(b) >= heap.bound)
            return 7;
    }
    if (b->prev != prev)
        return 6;
    return listed == expected ? 0 : 5;
}

/* I1 and I2 for the end tag, which lies at the break. */
static int audit_end(bool prev_in_use)
{
    if ((char *)heap.end + WORD != (char *)mem_heap_hi() + 1 ||
        block_size(heap.end) != 0 || !block_in_use(heap.end))
        return 1;
    return block_prev_in_use(heap.end) == prev_in_use ? 0 : 2;
}

int mm_audit(void)
{
    bool prev_in_use = true;
    size_t free_blocks = 0;
    int broken;

    if (!heap.end)
        return mem_heapsize() == 0 ? 0 : 1;
    for (struct block *b = first_block(); b < heap.end; b = block_next(b)) {
        broken = audit_block(b, prev_in_use);
        if (broken)
            return broken;
        prev_in_use = block_in_use(b);
        free_blocks += !prev_in_use;
    }
    broken = audit_end(prev_in_use);
    return broken ? broken : audit_list(free_blocks);
}
