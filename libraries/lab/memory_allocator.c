/*
 * memory_allocator.c - doubly linked list, large blocks mapped
 *
 * The adapter of libraries/memory_allocator.c.
 */
#include <pthread.h>
#include <stdbool.h>

#include "os.h"

#include "../memory_allocator.c"

const char mm_idea[] = "doubly linked list, large blocks mapped";

int mm_init(void)
{
    memset(&heap, 0, sizeof heap);
    list_begin();
    return 0;
}

void *mm_malloc(size_t size)
{
    return memalloc(size);
}

void mm_free(void *ptr)
{
    memfree(ptr);
}

void *mm_realloc(void *ptr, size_t size)
{
    return memresize(ptr, size);
}

void *mm_calloc(size_t count, size_t size)
{
    return defalloc(count, size);
}

size_t mm_usable_size(void *ptr)
{
    return ptr ? payload_size(block_of(ptr)) : 0;
}

/* ---- The audit. In the lab nobody else moves the break: one segment. ---- */

/* Whether b, from a link that may be broken, can be a free block at all. */
static bool heap_has_free(const struct block *b)
{
    return b >= heap.first && b < heap.end && (uintptr_t)b % ALIGN == 0 &&
           !block_in_use(b) && block_size(b) >= MIN_BLOCK;
}

/* Number of a broken invariant, or 0; *free counts the free blocks. */
static int audit_blocks(size_t *free_blocks)
{
    size_t before = 0;
    bool after_free = false;

    for (struct block *b = heap.first; b < heap.end; b = block_next(b)) {
        size_t size = block_size(b);

        if (size % ALIGN != 0 || size < MIN_BLOCK ||
            size > (size_t)((char *)heap.end - (char *)b))
            return 1;
        if (b->before != before)
            return 2;
        if (after_free && !block_in_use(b))
            return 3;
        before = size;
        after_free = !block_in_use(b);
        *free_blocks += after_free;
    }
    return !heap.end || heap.end->before == before ? 0 : 2;
}

/* By I5 no block is reached from two others: no walk in a circle. */
static int audit_list(size_t free_blocks)
{
    struct block *prev = &heap.list, *b = prev->next;

    for (; b != &heap.list; prev = b, b = b->next, free_blocks--) {
        if (free_blocks == 0 || !heap_has_free(b))
            return 4;
        if (b->prev != prev)
            return 5;
    }
    if (b->prev != prev)
        return 5;
    return free_blocks == 0 ? 0 : 4;
}

int mm_audit(void)
{
    size_t free_blocks = 0;
    int broken = audit_blocks(&free_blocks);

    return broken ? broken : audit_list(free_blocks);
}
