/*
 * pool.c - first fit over the list of all blocks of a fixed pool.
 *
 * Every block, in use or free, starts with a header: its size, whether it is
 * in use, and the link to the block after it. One list, in address order,
 * holds them all.
 *
 *      first
 *        |     +------+-+------+-------------------+
 *        `---> | size |u| next | payload           |  in use
 *              +------+-+---|--+-------------------+
 *              ,------------'
 *              |     +------+-+------+-------------+
 *              `---> | size |f| next |             |  free
 *                    +------+-+---|--+-------------+
 *              ,------------------'  (memory that is not the pool's)
 *              |         +------+-+------+---------+
 *              `-------> | size |u| NULL |         |
 *                        +------+-+------+---------+
 *
 * A request walks the list, takes the first free block that is large enough,
 * and splits off the rest. To free a block is only to mark it: the next walk
 * that passes free neighbours merges them before it compares their size, so a
 * request finds the same block as if they had been merged at once. Blocks are
 * neighbours where their addresses adjoin; memory that was added to the pool
 * may lie elsewhere.
 *
 * A walk is long when the pool is full of blocks in use. It starts at the first
 * block that can be free, so that it does not visit the many old blocks that
 * programs keep at the low end.
 *
 * Invariants, whenever the lock is free:
 *   I1  The list ascends by address, and no block reaches into the next.
 *   I2  Blocks are aligned to ALIGN; so are sizes, MIN_BLOCK or more.
 *   I3  The blocks together are all memory that the pool was given.
 *   I4  Every free block is at first_free or after it; NULL if none is free.
 *
 * First fit, a list by address: Knuth, TAOCP 1, section 2.5, Algorithm A.
 */
#include "pool.h"

#include "fork_lock.h"

#include <errno.h>
#include <stdalign.h>
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#ifndef POOL_SIZE
#define POOL_SIZE (1024 * 1024)
#endif

enum { ALIGN = 16, IN_USE = 1 };

struct block {
    alignas(ALIGN) size_t size; /* bytes, header included, | IN_USE */
    struct block *next;         /* by address; NULL after the last */
};

enum { HEADER = sizeof(struct block), MIN_BLOCK = HEADER + ALIGN };

_Static_assert(HEADER % ALIGN == 0, "a payload is aligned as its block");

static alignas(ALIGN) char own_memory[POOL_SIZE];

static struct {
    bool started; /* the list is made */
    struct block *first;
    struct block *first_free; /* I4 */
} pool;

/* ---- Blocks: the only pointer arithmetic. ---- */

static bool block_in_use(const struct block *b)
{
    return b->size & IN_USE;
}

static size_t block_size(const struct block *b)
{
    return b->size & ~(size_t)IN_USE;
}

static struct block *block_end(const struct block *b)
{
    return (struct block *)((char *)b + block_size(b));
}

static void *block_payload(struct block *b)
{
    return (char *)b + HEADER;
}

static struct block *block_of(void *payload)
{
    return (struct block *)((char *)payload - HEADER);
}

static bool is_below(const struct block *a, const struct block *b)
{
    return (uintptr_t)a < (uintptr_t)b;
}

/* The size of a block for that payload; 0 where no pool could hold it. */
static size_t block_size_for(size_t payload)
{
    size_t size = (payload + HEADER + ALIGN - 1) & ~(size_t)(ALIGN - 1);

    if (payload > PTRDIFF_MAX)
        return 0;
    return size < MIN_BLOCK ? MIN_BLOCK : size;
}

/*
 * The place of the largest block within memory; *size, the memory's, becomes
 * the block's. NULL where it is too small for a block. Writes nothing to
 * memory.
 */
static struct block *block_within(void *memory, size_t *size)
{
    size_t pad = -(uintptr_t)memory % ALIGN;

    if (!memory || *size > PTRDIFF_MAX || *size < pad + MIN_BLOCK)
        return NULL;
    *size = (*size - pad) & ~(size_t)(ALIGN - 1);
    return (struct block *)((char *)memory + pad);
}

/* ---- The list. ---- */

/* Restore I4: b has become free. */
static void lower_first_free(struct block *b)
{
    if (!pool.first_free || is_below(b, pool.first_free))
        pool.first_free = b;
}

/* Merge the free block b with the free blocks that adjoin it. */
static void merge_following(struct block *b)
{
    struct block *next = b->next;

    while (next && next == block_end(b) && !block_in_use(next)) {
        b->size += block_size(next);
        b->next = next = next->next;
    }
}

/* The next free block from b on, b included, merged; NULL after the last. */
static struct block *free_from(struct block *b)
{
    while (b && block_in_use(b))
        b = b->next;
    if (b)
        merge_following(b);
    return b;
}

/* The first free block of at least size bytes; NULL if none. */
static struct block *find(size_t size)
{
    struct block *b = pool.first_free = free_from(pool.first_free);

    while (b && block_size(b) < size)
        b = free_from(b->next);
    return b;
}

/* Split off what b has beyond size, where that is enough for a block. */
static void split(struct block *b, size_t size)
{
    size_t rest = block_size(b) - size;

    if (rest < MIN_BLOCK)
        return;
    b->size -= rest;
    struct block *other = block_end(b);
    other->size = rest;
    other->next = b->next;
    b->next = other;
    lower_first_free(other);
}

/* Merge b, in use, with the next block if that is free and b gets size. */
static void merge_next(struct block *b, size_t size)
{
    struct block *next = b->next;

    if (!next || next != block_end(b) || block_in_use(next))
        return;
    merge_following(next);
    if (block_size(b) + block_size(next) < size)
        return;
    b->size += block_size(next);
    b->next = next->next;
    if (pool.first_free == next)
        pool.first_free = b->next;
}

/* ---- The pool's memory. ---- */

/* Start with b as the only block, free; with an empty pool for NULL. */
static void pool_start(struct block *b, size_t size)
{
    pool.started = true;
    pool.first = pool.first_free = b;
    if (b)
        *b = (struct block){.size = size};
}

static void pool_start_own(void)
{
    size_t size = sizeof own_memory;
    struct block *b = block_within(own_memory, &size);

    pool_start(b, size);
}

/* The last block below b; NULL if there is none. */
static struct block *last_below(const struct block *b)
{
    struct block *before = NULL, *next = pool.first;

    if (pool.first_free && is_below(pool.first_free, b))
        next = pool.first_free; /* a shorter walk */
    for (; next && is_below(next, b); next = next->next)
        before = next;
    return before;
}

/* Add b to the list, free; false where the pool has memory of it already. */
static bool list_insert(struct block *b, size_t size)
{
    struct block *before = last_below(b);
    struct block **link = before ? &before->next : &pool.first;

    if (before && is_below(b, block_end(before)))
        return false;
    if (*link && (uintptr_t)*link - (uintptr_t)b < size)
        return false;
    *b = (struct block){.size = size, .next = *link};
    *link = b;
    lower_first_free(b);
    return true;
}

/* ---- Requests; the caller holds the lock. ---- */

static void *allocate(size_t payload)
{
    size_t size = block_size_for(payload);
    struct block *b = size ? find(size) : NULL;

    if (!b)
        return NULL;
    split(b, size);
    b->size |= IN_USE;
    return block_payload(b);
}

static void deallocate(struct block *b)
{
    b->size &= ~(size_t)IN_USE;
    lower_first_free(b);
}

static void *resize(struct block *b, size_t payload)
{
    size_t size = block_size_for(payload);

    if (size == 0)
        return NULL;
    if (block_size(b) < size)
        merge_next(b, size);
    if (block_size(b) >= size) {
        split(b, size);
        return block_payload(b);
    }
    void *new = allocate(payload);
    if (new) {
        memcpy(new, block_payload(b), block_size(b) - HEADER);
        deallocate(b);
    }
    return new;
}

/* ---- The interface. ---- */

/* Take the lock; at the first call the pool starts with its own array. */
static void lock_started(void)
{
    lock_take();
    if (!pool.started)
        pool_start_own();
}

static void *unlock_enomem(void *payload)
{
    lock_give();
    if (!payload)
        errno = ENOMEM;
    return payload;
}

static int unlock_einval(bool valid)
{
    lock_give();
    if (valid)
        return 0;
    errno = EINVAL;
    return -1;
}

void *my_malloc(size_t size)
{
    lock_started();
    return unlock_enomem(allocate(size));
}

void *my_calloc(size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        bytes = SIZE_MAX;
    void *payload = my_malloc(bytes);
    return payload ? memset(payload, 0, bytes) : NULL;
}

void *my_realloc(void *ptr, size_t size)
{
    if (!ptr)
        return my_malloc(size);
    if (size == 0) {
        my_free(ptr);
        return NULL;
    }
    lock_started();
    return unlock_enomem(resize(block_of(ptr), size));
}

void my_free(void *ptr)
{
    if (!ptr)
        return;
    lock_started();
    deallocate(block_of(ptr));
    lock_give();
}

size_t my_malloc_usable_size(void *ptr)
{
    return ptr ? block_size(block_of(ptr)) - HEADER : 0;
}

int my_pool_init(void *memory, size_t size)
{
    lock_take();
    if (!memory && size == 0) {
        pool_start_own();
        return unlock_einval(true);
    }
    struct block *b = block_within(memory, &size);
    if (b)
        pool_start(b, size);
    return unlock_einval(b);
}

int my_pool_add(void *memory, size_t size)
{
    lock_started();
    struct block *b = block_within(memory, &size);
    return unlock_einval(b && list_insert(b, size));
}

size_t my_pool_available(void)
{
    size_t sum = 0;

    lock_started();
    for (struct block *b = free_from(pool.first_free); b;
         b = free_from(b->next))
        sum += block_size(b) - HEADER;
    lock_give();
    return sum;
}

size_t my_pool_largest(void)
{
    size_t most = 0;

    lock_started();
    for (struct block *b = free_from(pool.first_free); b;
         b = free_from(b->next))
        if (block_size(b) - HEADER > most)
            most = block_size(b) - HEADER;
    lock_give();
    return most;
}
