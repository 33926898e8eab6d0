/*
 * hmm.c - the malloc of a whole process, over sbrk.
 *
 * A block is a tag and a payload. The tag is the size of the block, and in
 * its low bits, "I am in use" and "the block before me is in use" (p). A free
 * block uses its payload for the links of a list and for its size once more,
 * at its end, where the next block finds it when it is freed and p is clear.
 *
 *            in use                           free
 *      +-------------+-+-+             +-------------+-+-+
 *      | size        |p|1|             | size        |p|0|  <- tag
 *      +-------------+-+-+             +-------------+-+-+
 *      | payload         |             | next            |  <- 16-aligned
 *      |                 |             +-----------------+
 *      |                 |             | prev            |
 *      |                 |             +-----------------+
 *      |                 |             | ...             |
 *      |                 |             +-----------------+
 *      |                 |             | size            |  <- footer
 *      +-----------------+             +-----------------+
 *
 * Blocks lie without gaps in segments, areas from sbrk, each closed by an end
 * tag: a block of size 0, in use, so that no block is merged with it. As long
 * as only hmm moves the break there is one segment, which grows. Otherwise the
 * next area does not adjoin: it becomes a segment of its own, and the top of
 * the old one becomes a free block like others.
 *
 *      |pad| block | ... | block |end|  foreign  |pad| block | top |end| brk
 *
 * The free block before the last end tag, where there is one, is the top. It
 * is kept out of the list and used only when no listed block fits: it is what
 * can be given back to the system. The list is searched first fit, and freed
 * blocks go to its end: so a block that was freed lately has time to be merged
 * before it is split. A search that finds no block of some size sets `bound` to
 * that size; until a block of that size is freed no search for it is needed.
 *
 * Invariants, whenever the lock is free:
 *   I1  Blocks tile a segment up to its end tag. Their sizes are multiples
 *       of ALIGN, MIN_BLOCK or more.
 *   I2  p of each block, and of the end tag, is set exactly if the block
 *       before it is in use; the first block's is set.
 *   I3  The footer of a free block is its size.
 *   I4  No two neighbours are both free.
 *   I5  The list holds every free block but the top once, and nothing else.
 *   I6  b->next->prev == b along the list.
 *   I7  Every block of the list is smaller than bound.
 *
 * Tags and footers: Knuth, TAOCP 1, section 2.5; p next door, and a top that
 * is used last: D. Lea's malloc. Lists first in, first out fragment little
 * more than those in address order: Wilson et al., "Dynamic Storage
 * Allocation: A Survey and Critical Review", 1995.
 *
 * Nothing here may call what could call malloc. And since compilers know
 * malloc, calloc, ... by name, none of the public functions calls another.
 */
#define _GNU_SOURCE
#include "hmm.h"

#define FORK_LOCK_OF_MALLOC
#include "fork_lock.h"

#include <errno.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>

struct block {
    size_t tag;                /* size | PREV_IN_USE | IN_USE */
    struct block *next, *prev; /* in listed blocks */
};

enum {
    ALIGN = 16,
    WORD = sizeof(size_t),
    IN_USE = 1,
    PREV_IN_USE = 2,
    FLAGS = IN_USE | PREV_IN_USE,
    MIN_BLOCK = sizeof(struct block) + WORD, /* with its footer */
};

_Static_assert(MIN_BLOCK % ALIGN == 0, "I1 for the smallest block");

/* Bytes; its block, rounded up to steps, is no more than sbrk can take. */
static const size_t MAX_PAYLOAD = PTRDIFF_MAX - HMM_STEP - ALIGN - WORD;

static struct {
    struct block list; /* sentinel of the free list */
    size_t bound;      /* bytes; I7 */
    struct block *end; /* the last end tag; NULL before the first segment */
    char *brk;         /* the break as the last sbrk left it */
} heap = {.list = {.next = &heap.list, .prev = &heap.list}};

/* ---- Blocks: the only pointer arithmetic except heap_extend's. ---- */

static size_t block_size(const struct block *b)
{
    return b->tag & ~(size_t)FLAGS;
}

static bool block_in_use(const struct block *b)
{
    return b->tag & IN_USE;
}

static bool block_prev_in_use(const struct block *b)
{
    return b->tag & PREV_IN_USE;
}

static struct block *block_next(const struct block *b)
{
    return (struct block *)((char *)b + block_size(b));
}

static size_t *block_footer(const struct block *b)
{
    return (size_t *)block_next(b) - 1;
}

/* The block before b, which must be free. */
static struct block *block_prev(const struct block *b)
{
    return (struct block *)((char *)b - ((const size_t *)b)[-1]);
}

static void *block_payload(struct block *b)
{
    return (char *)b + WORD;
}

static struct block *block_of(void *payload)
{
    return (struct block *)((char *)payload - WORD);
}

/* The size of a block for that payload; 0 where no heap could hold it. */
static size_t block_size_for(size_t payload)
{
    size_t size = (payload + WORD + ALIGN - 1) & ~(size_t)(ALIGN - 1);

    if (payload > MAX_PAYLOAD)
        return 0;
    return size < MIN_BLOCK ? MIN_BLOCK : size;
}

static void block_set_free(struct block *b, size_t size)
{
    b->tag = size | (b->tag & PREV_IN_USE);
    *block_footer(b) = size;
    block_next(b)->tag &= ~(size_t)PREV_IN_USE;
}

static void block_set_in_use(struct block *b)
{
    b->tag |= IN_USE;
    block_next(b)->tag |= PREV_IN_USE;
}

/* ---- The list, and the top beside it. ---- */

static bool is_top(const struct block *b)
{
    return block_next(b) == heap.end;
}

static struct block *heap_top(void)
{
    if (!heap.end || block_prev_in_use(heap.end))
        return NULL;
    return block_prev(heap.end);
}

static void list_push(struct block *b)
{
    if (block_size(b) >= heap.bound)
        heap.bound = block_size(b) + 1;
    b->next = &heap.list;
    b->prev = heap.list.prev;
    b->prev->next = b;
    b->next->prev = b;
}

/* Take the free block b from the list; the top is not in it. */
static void list_remove(struct block *b)
{
    if (is_top(b))
        return;
    b->prev->next = b->next;
    b->next->prev = b->prev;
}

static struct block *list_find(size_t size)
{
    struct block *b = heap.list.next;

    if (size >= heap.bound)
        return NULL;
    while (b != &heap.list && block_size(b) < size)
        b = b->next;
    if (b != &heap.list)
        return b;
    heap.bound = size;
    return NULL;
}

/* A free block of at least size bytes: a listed one, or else the top. */
static struct block *find(size_t size)
{
    struct block *b = list_find(size), *top = heap_top();

    if (!b && top && block_size(top) >= size)
        return top;
    return b;
}

/* ---- Free, merge, split. ---- */

/*
 * Free b, merging it with whichever neighbours are free. By I4 these have no
 * free neighbours of their own, so one look on each side restores I4.
 */
static void release(struct block *b)
{
    struct block *next = block_next(b);
    size_t size = block_size(b);

    if (!block_in_use(next)) {
        list_remove(next);
        size += block_size(next);
    }
    if (!block_prev_in_use(b)) {
        b = block_prev(b);
        list_remove(b);
        size += block_size(b);
    }
    block_set_free(b, size);
    if (!is_top(b))
        list_push(b);
}

/* Free what b, in use, has beyond size, where that is enough for a block. */
static void split(struct block *b, size_t size)
{
    size_t rest = block_size(b) - size;

    if (rest < MIN_BLOCK)
        return;
    b->tag -= rest;
    block_next(b)->tag = rest | PREV_IN_USE | IN_USE;
    release(block_next(b));
}

/* Merge b, in use, with the free block after it. */
static void merge_next(struct block *b)
{
    struct block *next = block_next(b);

    list_remove(next);
    b->tag += block_size(next);
    block_set_in_use(b);
}

/* ---- The break. ---- */

static size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

static bool break_is_ours(void)
{
    return heap.end && sbrk(0) == heap.brk;
}

/* The tag that begins a new segment in area; the old top becomes listed. */
static struct block *begin_segment(char *area)
{
    struct block *top = heap_top();
    uintptr_t payload =
        ((uintptr_t)area + WORD + ALIGN - 1) & -(uintptr_t)ALIGN;
    struct block *b = block_of((void *)payload);

    if (top)
        list_push(top);
    b->tag = PREV_IN_USE;
    return b;
}

/* The old end tag becomes the tag of a free block, or part of the top. */
static struct block *extend_segment(void)
{
    struct block *top = heap_top();

    return top ? top : heap.end;
}

/* Add area to the heap: to the top where it adjoins, else as a new segment. */
static void heap_extend(char *area, size_t size)
{
    bool adjoins = heap.end && area == heap.brk;
    struct block *top = adjoins ? extend_segment() : begin_segment(area);
    uintptr_t limit = (uintptr_t)(area + size) & -(uintptr_t)ALIGN;

    heap.brk = area + size;
    heap.end = block_of((void *)limit);
    heap.end->tag = IN_USE;
    block_set_free(top, (size_t)((char *)heap.end - (char *)top));
}

/*
 * Move the break up so that the top has size bytes, where the new area adjoins
 * the old top. The top of a new segment is smaller than size by pad and end tag
 * (and by more, where another thread moved the break in between); so the caller
 * searches again, and calls again. False: the system refuses.
 */
static bool grow(size_t size)
{
    struct block *top = heap_top();
    size_t bytes = size;

    if (top && break_is_ours())
        bytes -= block_size(top);
    bytes = (bytes + HMM_STEP - 1) & ~(size_t)(HMM_STEP - 1);
    char *area = sbrk((intptr_t)bytes);
    if (area == (char *)-1)
        return false;
    heap_extend(area, bytes);
    return true;
}

/* Move the break down where HMM_TRIM bytes or more are free below it. */
static void shrink(void)
{
    struct block *top = heap_top();

    if (!top || block_size(top) < HMM_TRIM || !break_is_ours())
        return;
    size_t size = (block_size(top) - HMM_TRIM / 2) & -page_size();
    if (sbrk(-(intptr_t)size) == (void *)-1)
        return;
    heap.brk -= size;
    heap.end = (struct block *)((char *)heap.end - size);
    heap.end->tag = IN_USE;
    block_set_free(top, block_size(top) - size);
}

/* ---- Requests; the caller holds the lock. ---- */

static void *allocate(size_t payload)
{
    size_t size = block_size_for(payload);
    struct block *b;

    if (size == 0)
        return NULL;
    while (!(b = find(size)))
        if (!grow(size))
            return NULL;
    list_remove(b);
    block_set_in_use(b);
    split(b, size);
    return block_payload(b);
}

/* Split b, in use, before the payload `at`; free the first part. */
static struct block *split_front(struct block *b, void *at)
{
    struct block *rest = block_of(at);
    size_t front = (size_t)((char *)rest - (char *)b);

    rest->tag = (block_size(b) - front) | PREV_IN_USE | IN_USE;
    b->tag -= block_size(rest);
    release(b);
    return rest;
}

/*
 * The first multiple of align at payload, or beyond it by the size of a block
 * or more.
 */
static void *aligned_payload(void *payload, size_t align)
{
    uintptr_t from = (uintptr_t)payload, at = (from + align - 1) & -align;

    if (at != from && at - from < MIN_BLOCK)
        at += align;
    return (void *)at;
}

static void *allocate_aligned(size_t align, size_t payload)
{
    if (align <= ALIGN || payload > MAX_PAYLOAD)
        return allocate(payload);
    void *wide = allocate(payload + align + MIN_BLOCK);
    if (!wide)
        return NULL;
    void *at = aligned_payload(wide, align);
    struct block *b = block_of(wide);
    if (at != wide)
        b = split_front(b, at);
    split(b, block_size_for(payload));
    shrink();
    return at;
}

static void deallocate(void *payload)
{
    release(block_of(payload));
    shrink();
}

/* Grow b, in use, to size bytes in place where that can be. */
static void extend(struct block *b, size_t size)
{
    struct block *next = block_next(b);

    if ((next == heap.end || next == heap_top()) && break_is_ours() &&
        block_size(b) + block_size(next) < size)
        grow(size - block_size(b));
    next = block_next(b);
    if (!block_in_use(next) && block_size(b) + block_size(next) >= size)
        merge_next(b);
}

static void *resize(void *payload, size_t wanted)
{
    struct block *b = block_of(payload);
    size_t size = block_size_for(wanted), old = block_size(b);

    if (size == 0)
        return NULL;
    if (old < size)
        extend(b, size);
    if (block_size(b) >= size) {
        split(b, size);
        shrink();
        return payload;
    }
    void *new = allocate(wanted);
    if (new) {
        memcpy(new, payload, old - WORD);
        deallocate(payload);
    }
    return new;
}

/* ---- The interface. ---- */

static void *enomem_if_null(void *payload)
{
    if (!payload)
        errno = ENOMEM;
    return payload;
}

static void *request(size_t align, size_t size)
{
    lock_take();
    void *payload = allocate_aligned(align, size);
    lock_give();
    return enomem_if_null(payload);
}

static void release_block(void *payload)
{
    int error = errno;

    if (!payload)
        return;
    lock_take();
    deallocate(payload);
    lock_give();
    errno = error;
}

static void *request_resize(void *payload, size_t size)
{
    if (!payload)
        return request(ALIGN, size);
    if (size == 0) {
        release_block(payload);
        return NULL;
    }
    lock_take();
    payload = resize(payload, size);
    lock_give();
    return enomem_if_null(payload);
}

/* A block at a multiple of align, rounded up to a power of two. */
static void *request_power(size_t align, size_t size)
{
    size_t power = ALIGN;

    if (align > SIZE_MAX / 2 + 1) {
        errno = EINVAL;
        return NULL;
    }
    while (power < align)
        power *= 2;
    return request(power, size);
}

void *malloc(size_t size)
{
    return request(ALIGN, size);
}

void free(void *ptr)
{
    release_block(ptr);
}

void *calloc(size_t count, size_t size)
{
    size_t bytes;
    void *payload;

    if (__builtin_mul_overflow(count, size, &bytes))
        return enomem_if_null(NULL);
    payload = request(ALIGN, bytes);
    return payload ? memset(payload, 0, bytes) : NULL;
}

void *realloc(void *ptr, size_t size)
{
    return request_resize(ptr, size);
}

/* realloc as the program has it: the program may have its own. */
extern void *exported_realloc(void *ptr, size_t size) __asm__("realloc");

void *reallocarray(void *ptr, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        return enomem_if_null(NULL);
    return exported_realloc(ptr, bytes);
}

int posix_memalign(void **ptr, size_t align, size_t size)
{
    int error = errno;

    if (align == 0 || align % sizeof(void *) != 0 || (align & (align - 1)) != 0)
        return EINVAL;
    void *payload = request(align, size);
    errno = error;
    if (!payload)
        return ENOMEM;
    *ptr = payload;
    return 0;
}

void *memalign(size_t align, size_t size)
{
    return request_power(align, size);
}

/* As the C library does: glibc refuses other alignments since 2.38, as C
 * demands, and rounds them up before. */
void *aligned_alloc(size_t align, size_t size)
{
    bool power = align != 0 && (align & (align - 1)) == 0;

    if (!power && __GLIBC_PREREQ(2, 38)) {
        errno = EINVAL;
        return NULL;
    }
    return request_power(align, size);
}

void *valloc(size_t size)
{
    return request(page_size(), size);
}

void *pvalloc(size_t size)
{
    size_t page = page_size();

    if (size > MAX_PAYLOAD)
        return enomem_if_null(NULL);
    return request(page, (size + page - 1) & -page);
}

size_t malloc_usable_size(void *ptr)
{
    if (!ptr)
        return 0;
    lock_take();
    size_t size = block_size(block_of(ptr)) - WORD;
    lock_give();
    return size;
}

/* The break is not hmm's alone. */
static inline size_t system_bytes(void)
{
    return 0;
}

#include "malloc_names.h"
