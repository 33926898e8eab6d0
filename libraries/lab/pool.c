/*
 * pool.c - first fit over all blocks
 *
 * The adapter of libraries/pool.c. The pool starts empty. Where a request
 * fails, the adapter adds the missing memory to the pool, in whole pages from
 * the end of the heap, and repeats the request.
 */
#include "os.h"

#define POOL_SIZE 0
#include "../pool.c"

const char mm_idea[] = "first fit over all blocks";

int mm_init(void)
{
    return my_pool_init(NULL, 0);
}

/* ---- More memory. ---- */

/*
 * How many bytes must be added at the end of the heap for a block of size
 * bytes. A free last block counts, and so does `grown`, a block to be resized,
 * where it is the last or before a free last block. A request has failed just
 * before, so free neighbours are merged.
 */
static size_t missing_bytes(size_t size, const struct block *grown)
{
    const struct block *last = grown ? grown : pool.first_free;

    while (last && last->next)
        last = last->next;
    if (last && last != grown && !block_in_use(last)) {
        size -= block_size(last);
        if (grown && grown->next == last)
            last = grown;
    }
    return last && last == grown ? size - block_size(last) : size;
}

static bool add(size_t missing)
{
    size_t page = mem_pagesize(), size = (missing + page - 1) & -page;
    void *memory = mem_sbrk((intptr_t)size);

    return memory != (void *)-1 && my_pool_add(memory, size) == 0;
}

/*
 * Add memory after a request of that payload has failed; grown: the block to be
 * resized, or NULL. False where memory is refused.
 */
static bool grow(size_t payload, void *grown)
{
    size_t size = block_size_for(payload);

    if (size == 0 || size > PTRDIFF_MAX - mem_pagesize())
        return false;
    return add(missing_bytes(size, grown ? block_of(grown) : NULL));
}

/* ---- The contract of mm.h. ---- */

void *mm_malloc(size_t size)
{
    void *payload = my_malloc(size);

    if (!payload && grow(size, NULL))
        payload = my_malloc(size);
    return payload;
}

void mm_free(void *ptr)
{
    my_free(ptr);
}

void *mm_realloc(void *ptr, size_t size)
{
    void *payload = my_realloc(ptr, size);

    if (!payload && (size > 0 || !ptr) && grow(size, ptr))
        payload = my_realloc(ptr, size);
    return payload;
}

void *mm_calloc(size_t count, size_t size)
{
    void *payload = my_calloc(count, size);
    size_t bytes;

    if (!payload && !__builtin_mul_overflow(count, size, &bytes) &&
        grow(bytes, NULL))
        payload = my_calloc(count, size);
    return payload;
}

size_t mm_usable_size(void *ptr)
{
    return my_malloc_usable_size(ptr);
}

/* ---- The audit. In the lab the pool's memory is the heap, all of it. ---- */

/* By I3 in the order I1, each block ends where the next begins. */
static int audit_block(const struct block *b, const char *end)
{
    size_t size = block_size(b);

    if (size % ALIGN != 0 || size < MIN_BLOCK)
        return 2;
    if (size > (size_t)(end - (const char *)b))
        return 1;
    if (b->next && is_below(b->next, block_end(b)))
        return 1;
    if ((b->next ? (const char *)b->next : end) != (const char *)block_end(b))
        return 3;
    return 0;
}

int mm_audit(void)
{
    const char *end = (const char *)mem_heap_lo() + mem_heapsize();
    const struct block *first_free = NULL;

    if ((pool.first ? (const void *)pool.first : end) != mem_heap_lo())
        return 3;
    for (const struct block *b = pool.first; b; b = b->next) {
        int broken = audit_block(b, end);

        if (broken)
            return broken;
        if (!first_free && !block_in_use(b))
            first_free = b;
    }
    if (!first_free)
        return 0;
    return pool.first_free && !is_below(first_free, pool.first_free) ? 0 : 4;
}
