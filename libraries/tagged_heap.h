/*
 * tagged_heap.h - what osmem.c and memory_allocator.c have in common.
 *
 * A block starts with a header of 16 bytes: the size of the block before it,
 * and its own size, whose low bits are two flags. So both neighbours are found
 * in constant time, in use or free. A free block has the links of the free
 * list where its payload would be. All sizes are bytes, headers included.
 *
 *            in use                           free
 *      +-----------------+             +-----------------+
 *      | before          |             | before          |  <- 16-aligned
 *      | size        |M|1|             | size        |0|0|
 *      +-----------------+             +-----------------+
 *      | payload         |             | next            |  <- 16-aligned
 *      |                 |             | prev            |
 *      |                 |             | ...             |
 *      +-----------------+             +-----------------+
 *
 * Blocks lie without gaps in segments, areas from sbrk. A header of size 0, in
 * use, closes a segment: its end. Where new memory adjoins the last segment,
 * the end becomes the header of that memory's block. Other code of the process
 * may move the break too; then the next memory begins a new segment.
 *
 *      | block | block | ... | block |end|  foreign  | block | ... |end| brk
 *
 * A large block is a mapping of its own: a header with the flag M, then the
 * payload.
 *
 * Invariants, while no thread holds the lock:
 *   I1  Blocks tile a segment up to its end. Their sizes are multiples of
 *       ALIGN, MIN_BLOCK or more.
 *   I2  before of each block, and of the end, is the size of the block before
 *       it; of the first in a segment it is 0.
 *   I3  No two neighbours are both free.
 *   I4  The free list holds every free block of a segment once, and nothing
 *       else.
 *   I5  b->next->prev == b along the list.
 *
 * The library includes this file once and defines four functions: which free
 * block to take, where the list gets a new one, how the break moves, and which
 * block is large. A user copies the library's two files, this one and
 * fork_lock.h.
 *
 * Doubly linked lists with boundary tags: Knuth, TAOCP 1, section 2.5,
 * Algorithm C.
 */
#ifndef TAGGED_HEAP_H
#define TAGGED_HEAP_H

#include <errno.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

struct block {
    _Alignas(16) size_t before;      /* size of the block before; 0: none */
    size_t tag;                      /* size | MAPPED | IN_USE */
    _Alignas(16) struct block *next; /* links, in free blocks */
    struct block *prev;
};

enum {
    ALIGN = 16,
    HEADER = 16,
    IN_USE = 1,
    MAPPED = 2,
    FLAGS = IN_USE | MAPPED,
    MIN_BLOCK = sizeof(struct block),
};

_Static_assert(offsetof(struct block, next) == HEADER, "the payload's place");
_Static_assert(MIN_BLOCK == HEADER + ALIGN, "no more than two links");

/* Bytes. A header and rounding up, to 64 KiB at most, cannot overflow. */
static const size_t MAX_PAYLOAD = PTRDIFF_MAX - 128 * 1024;

static struct {
    struct block list; /* sentinel of the free list */
    struct block *end; /* of the last segment; NULL before the first */
    char *brk;         /* the break when that segment grew: 0 to 15 above it */
    struct block *first; /* of the first segment, for the lab's audit */
} heap;

/* ---- What the library defines. ---- */

/* Add b, which has become free, to the free list. */
static void list_add(struct block *b);

/* A free block of at least size bytes, still listed; NULL where none is. */
static struct block *list_find(size_t size);

/*
 * Move the break so that there is a free block of at least size bytes, and
 * return it. NULL and ENOMEM where the system refuses.
 */
static struct block *heap_grow(size_t size);

/* A payload of at least that size, in the heap or mapped; NULL and ENOMEM. */
static void *new_block(size_t payload);

/* ---- Blocks. ---- */

static size_t block_size(const struct block *b)
{
    return b->tag & ~(size_t)FLAGS;
}

static bool block_in_use(const struct block *b)
{
    return b->tag & IN_USE;
}

static struct block *block_next(const struct block *b)
{
    return (struct block *)((char *)b + block_size(b));
}

/* The block before b; b->before is not 0. */
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

static void block_set(struct block *b, size_t size, size_t flags)
{
    b->tag = size | flags;
    block_next(b)->before = size;
}

/* ---- The free list. ---- */

static void list_init(void)
{
    heap.list.next = heap.list.prev = &heap.list;
}

static void list_remove(struct block *b)
{
    b->prev->next = b->next;
    b->next->prev = b->prev;
}

/* ---- Free, split, merge. ---- */

/*
 * Free b, merging it with whichever neighbours are free; the result. By I3
 * these have no free neighbours of their own, so one look on each side restores
 * I3.
 */
static struct block *release(struct block *b)
{
    struct block *next = block_next(b);
    size_t size = block_size(b);

    if (!block_in_use(next)) {
        list_remove(next);
        size += block_size(next);
    }
    if (b->before != 0 && !block_in_use(block_prev(b))) {
        b->tag = size; /* free, so that free_block ignores a second free */
        b = block_prev(b);
        list_remove(b);
        size += block_size(b);
    }
    block_set(b, size, 0);
    list_add(b);
    return b;
}

/* Free what b, in use, has beyond size, where that is enough for a block. */
static void split(struct block *b, size_t size)
{
    size_t rest = block_size(b) - size;

    if (rest < MIN_BLOCK)
        return;
    block_set(b, size, IN_USE);
    block_set(block_next(b), rest, IN_USE);
    release(block_next(b));
}

/* Merge b, in use, with the next block where that is free and b gets size. */
static void merge_next(struct block *b, size_t size)
{
    struct block *next = block_next(b);

    if (block_in_use(next) || block_size(b) + block_size(next) < size)
        return;
    list_remove(next);
    block_set(b, block_size(b) + block_size(next), IN_USE);
}

/* ---- Segments. ---- */

static void *enomem(void)
{
    errno = ENOMEM;
    return NULL;
}

static void end_set(struct block *end)
{
    end->tag = IN_USE;
    heap.end = end;
}

/* A segment in [area, area + bytes), of one free block: that block. */
static struct block *segment_begin(char *area, size_t bytes)
{
    size_t skip = -(uintptr_t)area & (ALIGN - 1);
    struct block *b = (struct block *)(area + skip);
    size_t size = (bytes - skip - HEADER) & ~(size_t)(ALIGN - 1);

    b->before = 0;
    block_set(b, size, IN_USE);
    end_set(block_next(b));
    heap.brk = area + bytes;
    if (!heap.first)
        heap.first = b;
    return release(b);
}

/*
 * The last segment grows by bytes, a multiple of ALIGN that adjoins heap.brk:
 * its end becomes the header of a block, which is freed and returned.
 */
static struct block *segment_extend(size_t bytes)
{
    struct block *b = heap.end;

    block_set(b, bytes, IN_USE);
    end_set(block_next(b));
    heap.brk += bytes;
    return release(b);
}

/* ---- Mappings. ---- */

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* The size of a mapping for that payload: whole pages. */
static size_t mapping_size(size_t payload)
{
    return (payload + HEADER + page_size() - 1) & ~(page_size() - 1);
}

/* The payload of a new mapping, all zero; NULL and ENOMEM. */
static void *map_new(size_t payload)
{
    size_t size = mapping_size(payload);
    struct block *b = mmap(NULL, size, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    if (b == MAP_FAILED)
        return enomem();
    b->before = 0;
    b->tag = size | MAPPED | IN_USE;
    return block_payload(b);
}

/* Where the system refuses, the pages stay mapped. errno stays as it was. */
static bool unmap(void *area, size_t size)
{
    int error = errno;
    bool done = munmap(area, size) == 0;

    errno = error;
    return done;
}

/* ---- Requests; the caller holds the lock. ---- */

/* A payload of that size in the heap, at most MAX_PAYLOAD; NULL and ENOMEM. */
static void *heap_new(size_t payload)
{
    size_t size = block_size_for(payload);

    if (!heap.list.next)
        list_init();
    struct block *b = list_find(size);
    if (!b)
        b = heap_grow(size);
    if (!b)
        return NULL;
    list_remove(b);
    block_set(b, block_size(b), IN_USE);
    split(b, size);
    return block_payload(b);
}

static void free_block(struct block *b)
{
    if (b->tag & MAPPED)
        unmap(b, block_size(b));
    else if (block_in_use(b))
        release(b);
}

/* A copy of b with that payload, b freed; NULL and ENOMEM, b as it was. */
static void *move(struct block *b, size_t payload)
{
    size_t old = payload_size(b);
    void *new = new_block(payload);

    if (!new)
        return NULL;
    memcpy(new, block_payload(b), old < payload ? old : payload);
    free_block(b);
    return new;
}

#endif
