/*
 * osmem.c - best fit over the break, mmap for large blocks.
 *
 * A block starts with a header of 16 bytes: the size of the block before it,
 * and its own size with its status in the low bits. So both neighbours are
 * found in constant time. Free blocks are chained through their payloads.
 *
 *           allocated                         free
 *      +-------------------+             +-------------------+
 *      | before            |             | before            |  <- 16-aligned
 *      | size    ALLOCATED |             | size    FREE      |
 *      +-------------------+             +-------------------+
 *      | payload           |             | next              |  <- 16-aligned
 *      |                   |             | prev              |
 *      |                   |             | ...               |
 *      +-------------------+             +-------------------+
 *
 * The heap is a row of blocks without gaps, closed by a header of size 0, the
 * end. The break is moved by what is missing and no more: the free block
 * before the end, if there is one, is expanded; and on first use by as much
 * as will do for long. Where somebody else has moved the break, the next
 * memory does not adjoin: a new row begins.
 *
 *      | allocated | free | allocated | free |end|   not ours   | ... |end| brk
 *
 * The search takes the smallest free block that is large enough: best fit
 * keeps large blocks whole (Knuth, TAOCP 1, section 2.5). It looks at every
 * free block unless one fits exactly. A large block is a mapping of its own:
 * a header whose status is MAPPED, and the payload.
 *
 * Invariants, whenever the lock is free:
 *   I1  Blocks tile a row up to its end. Their sizes are multiples of ALIGN,
 *       MIN_BLOCK or more, their status is ALLOCATED or FREE.
 *   I2  before of each block, and of the end, is the size of the block before
 *       it; of the first in a row it is 0.
 *   I3  No two neighbours are both FREE.
 *   I4  The list holds every FREE block once, and nothing else.
 *   I5  b->next->prev == b along the list.
 */
#ifndef _DEFAULT_SOURCE
#define _DEFAULT_SOURCE
#endif
#include "osmem.h"

#include <errno.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

enum status { FREE, ALLOCATED, MAPPED };

struct block {
    _Alignas(16) size_t before;      /* size of the block before it */
    size_t tag;                      /* size | status */
    _Alignas(16) struct block *next; /* links, in free blocks */
    struct block *prev;
};

enum {
    ALIGN = 16,
    HEADER = 16,
    STATUS = 3,
    MIN_BLOCK = sizeof(struct block),
};

_Static_assert(offsetof(struct block, next) == HEADER, "the payload's place");
_Static_assert(MIN_BLOCK == HEADER + ALIGN, "no more than two links");

static const size_t MAX_PAYLOAD = PTRDIFF_MAX - MMAP_THRESHOLD;

static struct {
    struct block list;   /* sentinel of the free list */
    struct block *end;   /* of the row that was begun last */
    char *brk;           /* the break, as that row left it */
    struct block *first; /* of all blocks, for the lab's audit */
} heap;

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

/* This thread holds the lock across fork; others' handlers may allocate. */
static __thread bool forking;

static void take_lock(void)
{
    if (!forking)
        pthread_mutex_lock(&lock);
}

static void give_lock(void)
{
    if (!forking)
        pthread_mutex_unlock(&lock);
}

static void before_fork(void)
{
    take_lock();
    forking = true;
}

static void after_fork(void)
{
    forking = false;
    give_lock();
}

__attribute__((constructor)) static void hold_across_fork(void)
{
    pthread_atfork(before_fork, after_fork, after_fork);
}

/* ---- Blocks. ---- */

static size_t block_size(const struct block *b)
{
    return b->tag & ~(size_t)STATUS;
}

static enum status block_status(const struct block *b)
{
    return b->tag & STATUS;
}

static struct block *block_next(const struct block *b)
{
    return (struct block *)((char *)b + block_size(b));
}

static struct block *block_prev(const struct block *b)
{
    return (struct block *)((char *)b - b->before);
}

static void *block_payload(struct block *b)
{
    return (char *)b + HEADER;
}

static struct block *block_of(void *payload)
{
    return (struct block *)((char *)payload - HEADER);
}

static size_t payload_size(const struct block *b)
{
    return block_size(b) - HEADER;
}

/* The size of a block for that payload, at most MAX_PAYLOAD. */
static size_t block_size_for(size_t payload)
{
    size_t size = (payload + HEADER + ALIGN - 1) & ~(size_t)(ALIGN - 1);

    return size < MIN_BLOCK ? MIN_BLOCK : size;
}

static void block_set(struct block *b, size_t size, enum status status)
{
    b->tag = size | status;
    block_next(b)->before = size;
}

static bool is_free(const struct block *b)
{
    return block_status(b) == FREE;
}

/* ---- The free list. ---- */

static void list_push(struct block *b)
{
    b->prev = &heap.list;
    b->next = heap.list.next;
    b->next->prev = b;
    heap.list.next = b;
}

static void list_remove(struct block *b)
{
    b->prev->next = b->next;
    b->next->prev = b->prev;
}

/* The smallest free block of at least size bytes; NULL if none. */
static struct block *list_best(size_t size)
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

/* ---- Coalescing and splitting. ---- */

/*
 * Free b and merge it with its free neighbours. By I3 these have no free
 * neighbours of their own, so one look on each side restores I3.
 */
static void release(struct block *b)
{
    struct block *next = block_next(b);
    size_t size = block_size(b);

    if (is_free(next)) {
        list_remove(next);
        size += block_size(next);
    }
    if (b->before != 0 && is_free(block_prev(b))) {
        b->tag = size; /* FREE, should somebody free it once more */
        b = block_prev(b);
        list_remove(b);
        size += block_size(b);
    }
    block_set(b, size, FREE);
    list_push(b);
}

/* Free what b has beyond size, where that is enough for a block. */
static void split(struct block *b, size_t size)
{
    size_t rest = block_size(b) - size;

    if (rest < MIN_BLOCK)
        return;
    block_set(b, size, ALLOCATED);
    block_set(block_next(b), rest, ALLOCATED);
    release(block_next(b));
}

/* Let b have the free block after it. */
static void absorb(struct block *b)
{
    struct block *next = block_next(b);

    list_remove(next);
    block_set(b, block_size(b) + block_size(next), ALLOCATED);
}

/* ---- The break. ---- */

static void end_set(struct block *end)
{
    end->tag = ALLOCATED;
    heap.end = end;
}

/* A row in [area, area + bytes): one free block and the end. */
static void row_begin(char *area, size_t bytes)
{
    size_t skip = -(uintptr_t)area & (ALIGN - 1);
    struct block *b = (struct block *)(area + skip);
    size_t size = (bytes - skip - HEADER) & ~(size_t)(ALIGN - 1);

    b->before = 0;
    block_set(b, size, ALLOCATED);
    end_set(block_next(b));
    heap.brk = area + bytes;
    if (!heap.first)
        heap.first = b;
    release(b);
}

/* The last row's end becomes the header of a free block of bytes bytes. */
static void row_extend(size_t bytes)
{
    struct block *b = heap.end;

    block_set(b, bytes, ALLOCATED);
    end_set(block_next(b));
    heap.brk += bytes;
    release(b);
}

static bool refused(void)
{
    errno = ENOMEM;
    return false;
}

/* Whether new memory would adjoin the last row. */
static bool ends_at_break(void)
{
    return heap.end && sbrk(0) == heap.brk;
}

/* Bytes free at the end of the last row. */
static size_t free_at_end(void)
{
    const struct block *end = heap.end;

    if (!end || end->before == 0 || !is_free(block_prev(end)))
        return 0;
    return block_size(block_prev(end));
}

/* Have a free block of size bytes, in a row of its own. */
static bool heap_begin(size_t size)
{
    size_t bytes = size + HEADER + ALIGN;

    if (!heap.end && bytes < MMAP_THRESHOLD)
        bytes = MMAP_THRESHOLD; /* the first memory */
    void *area = sbrk((intptr_t)bytes);
    if (area == (void *)-1)
        return refused();
    row_begin(area, bytes);
    return true;
}

/*
 * Have a free block of size bytes by moving the break. The last free block is
 * expanded: only what it lacks is asked for.
 */
static bool heap_expand(size_t size)
{
    size_t lacking = size - free_at_end();

    if (!ends_at_break())
        return heap_begin(size);
    char *area = sbrk((intptr_t)lacking);
    if (area == (void *)-1)
        return refused();
    if (area != heap.brk) /* somebody was faster; the way back is theirs */
        return heap_begin(size);
    row_extend(lacking);
    return true;
}

/* ---- Mappings. ---- */

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static size_t mapping_size(size_t payload)
{
    return (payload + HEADER + page_size() - 1) & ~(page_size() - 1);
}

static void *map_new(size_t payload)
{
    size_t size = mapping_size(payload);
    struct block *b = mmap(NULL, size, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (b == MAP_FAILED)
        return refused(), NULL;
    b->before = 0;
    b->tag = size | MAPPED;
    return block_payload(b);
}

/* ---- The calls, with the lock held. ---- */

static void *heap_new(size_t payload)
{
    size_t size = block_size_for(payload);

    if (!heap.list.next)
        heap.list.next = heap.list.prev = &heap.list;
    struct block *b = list_best(size);
    if (!b && heap_expand(size))
        b = list_best(size);
    if (!b)
        return NULL;
    list_remove(b);
    block_set(b, block_size(b), ALLOCATED);
    split(b, size);
    return block_payload(b);
}

static bool is_large(size_t payload, size_t threshold)
{
    return payload + HEADER >= threshold;
}

static void *new_block(size_t payload, size_t threshold)
{
    return is_large(payload, threshold) ? map_new(payload) : heap_new(payload);
}

static void free_block(struct block *b)
{
    if (block_status(b) == MAPPED)
        munmap(b, block_size(b));
    else if (block_status(b) == ALLOCATED)
        release(b);
}

static void *move(struct block *b, size_t payload)
{
    size_t old = payload_size(b);
    void *new = new_block(payload, MMAP_THRESHOLD);

    if (!new)
        return NULL;
    memcpy(new, block_payload(b), old < payload ? old : payload);
    free_block(b);
    return new;
}

/* Grow b to size bytes where it lies; false, and all as it was, if not. */
static bool widen(struct block *b, size_t size)
{
    struct block *next = block_next(b);
    size_t have = block_size(b) + (is_free(next) ? block_size(next) : 0);
    size_t more = size - block_size(b);
    int error = errno;

    if (have < size && (char *)b + have == (char *)heap.end && ends_at_break())
        heap_expand(more < MIN_BLOCK ? MIN_BLOCK : more);
    errno = error;
    if (is_free(block_next(b)) &&
        block_size(b) + block_size(block_next(b)) >= size)
        absorb(b);
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
    if (block_status(b) == FREE) {
        errno = EINVAL;
        return NULL;
    }
    if (block_status(b) == ALLOCATED)
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
        return refused(), NULL;
    take_lock();
    void *new = new_block(size, threshold);
    give_lock();
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
        return refused(), NULL;
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
        return refused(), NULL;
    take_lock();
    void *new = resize_block(block_of(ptr), size);
    give_lock();
    return new;
}

void os_free(void *ptr)
{
    int error = errno;

    if (!ptr)
        return;
    take_lock();
    free_block(block_of(ptr));
    give_lock();
    errno = error;
}
