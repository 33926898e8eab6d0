/*
 * osmem.c - best fit over the break, mmap for large blocks.
 *
 * The format of blocks and the invariants are those of tagged_heap.h. Here is
 * the placement policy: the search takes the smallest free block that is large
 * enough. Best fit keeps large blocks whole (Knuth, TAOCP 1, section 2.5). The
 * search looks at every free block unless one fits exactly.
 *
 * The break moves by what is missing and no more: the free block before the
 * end, where there is one, is expanded. Only the first move is by
 * MMAP_THRESHOLD, which serves many small blocks.
 */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#include "osmem.h"

#include "fork_lock.h"
#include "tagged_heap.h"

/* ---- The free list: newest first. ---- */

static void list_add(struct block *b)
{
    b->prev = &heap.list;
    b->next = heap.list.next;
    b->next->prev = b;
    heap.list.next = b;
}

/* The smallest that is large enough. */
static struct block *list_find(size_t size)
{
    struct block *best = NULL;

    for (struct block *b = heap.list.next; b != &heap.list; b = b->next) {
        if (block_size(b) == size)
            return b;
        if (block_size(b) > size && (!best || block_size(b) < block_size(best)))
            best = b;
    }
    return best;
}

/* ---- The break. ---- */

/* Whether new memory would adjoin the last segment. */
static bool ends_at_break(void)
{
    return heap.end && sbrk(0) == heap.brk;
}

/* Size of the free block at the end of the last segment; 0: none. */
static size_t free_at_end(void)
{
    const struct block *end = heap.end;

    if (!end || end->before == 0 || block_in_use(block_prev(end)))
        return 0;
    return block_size(block_prev(end));
}

/* A free block of at least size bytes in a segment of its own. */
static struct block *heap_begin(size_t size)
{
    size_t bytes = size + HEADER + ALIGN;

    if (!heap.end && bytes < MMAP_THRESHOLD)
        bytes = MMAP_THRESHOLD; /* the first memory */
    void *area = sbrk((intptr_t)bytes);
    return area == (void *)-1 ? enomem() : segment_begin(area, bytes);
}

static struct block *heap_grow(size_t size)
{
    size_t missing = size - free_at_end();

    if (!ends_at_break())
        return heap_begin(size);
    char *area = sbrk((intptr_t)missing);
    if (area == (void *)-1)
        return enomem();
    /* Where another thread moved the break just before, area is lost: to lower
     * the break would take that thread's memory. */
    if (area != heap.brk)
        return heap_begin(size);
    return segment_extend(missing);
}

/* ---- Requests; the caller holds the lock. ---- */

/* Whether the block for that payload is to be a mapping. */
static bool is_large(size_t payload, size_t threshold)
{
    return payload + HEADER >= threshold;
}

static void *new_block_below(size_t payload, size_t threshold)
{
    return is_large(payload, threshold) ? map_new(payload) : heap_new(payload);
}

static void *new_block(size_t payload)
{
    return new_block_below(payload, MMAP_THRESHOLD);
}

/* Grow b to size bytes where it lies; false, and b as it was, where not. */
static bool widen(struct block *b, size_t size)
{
    struct block *next = block_next(b);
    size_t have = block_size(b) + (block_in_use(next) ? 0 : block_size(next));
    size_t more = size - block_size(b);
    int error = errno;

    if (have < size && (char *)b + have == (char *)heap.end && ends_at_break())
        heap_grow(more < MIN_BLOCK ? MIN_BLOCK : more);
    errno = error;
    merge_next(b, size);
    return block_size(b) >= size;
}

static void *resize_heap(struct block *b, size_t payload)
{
    size_t size = block_size_for(payload);

    if (is_large(payload, MMAP_THRESHOLD) ||
        (size > block_size(b) && !widen(b, size)))
        return move(b, payload);
    split(b, size);
    return block_payload(b);
}

static void *resize_block(struct block *b, size_t payload)
{
    if (!block_in_use(b)) {
        errno = EINVAL;
        return NULL;
    }
    if (!(b->tag & MAPPED))
        return resize_heap(b, payload);
    if (is_large(payload, MMAP_THRESHOLD) &&
        mapping_size(payload) == block_size(b))
        return block_payload(b);
    return move(b, payload);
}

/* ---- The interface. ---- */

static void *request(size_t size, size_t threshold)
{
    if (size == 0)
        return NULL;
    if (size > MAX_PAYLOAD)
        return enomem();
    lock_take();
    void *new = new_block_below(size, threshold);
    lock_give();
    return new;
}

void *os_malloc(size_t size)
{
    return request(size, MMAP_THRESHOLD);
}

void *os_calloc(size_t nmemb, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(nmemb, size, &bytes))
        return enomem();
    void *new = request(bytes, page_size());
    if (new && !is_large(bytes, page_size())) /* a mapping is zero */
        memset(new, 0, bytes);
    return new;
}

void *os_realloc(void *ptr, size_t size)
{
    if (!ptr)
        return os_malloc(size);
    if (size == 0) {
        os_free(ptr);
        return NULL;
    }
    if (size > MAX_PAYLOAD)
        return enomem();
    lock_take();
    void *new = resize_block(block_of(ptr), size);
    lock_give();
    return new;
}

void os_free(void *ptr)
{
    int error = errno;

    if (!ptr)
        return;
    lock_take();
    free_block(block_of(ptr));
    lock_give();
    errno = error;
}
