/*
 * tagged_heap_audit.h - mm_audit for a library that includes tagged_heap.h.
 *
 * It verifies the invariants that tagged_heap.h numbers. In the lab only the
 * library moves the break, so there is one segment.
 */
#ifndef TAGGED_HEAP_AUDIT_H
#define TAGGED_HEAP_AUDIT_H

/* Whether b, from a link that may be broken, can be a free block at all. */
static bool heap_has_free(const struct block *b)
{
    return b >= heap.first && b < heap.end && (uintptr_t)b % ALIGN == 0 &&
           !block_in_use(b) && block_size(b) >= MIN_BLOCK;
}

/* Number of a broken invariant, or 0; *free_blocks counts. */
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

#endif
