/*
 * bump.c - bump region, freed all at once
 *
 * Allocation is to move a pointer; to free is to count. Nothing is ever
 * searched, merged or used again, until the last live block is freed: then
 * the pointer falls back to the low end, and all the memory of the region is
 * there once more, as a whole, however many blocks it was.
 *
 *      lo |pad| gone | live | gone | gone | live |     next ->    brk
 *                                                ^
 *                                                moves up with each request,
 *                                                and back when live == 0
 *
 *      | size |f|  <- the tag, a word; f: the block has been freed
 *      +--------+
 *      | payload|  <- 16-aligned
 *
 * This suits programs that work in phases, where the lifetime of a block ends
 * with its phase: a compiler's function, a server's request, a game's frame.
 * They allocate in a few instructions, blocks lie side by side in the order of
 * their allocation, and to free them costs nothing. Real programs have one
 * region for each lifetime, and free a region at once rather than block by
 * block; the contract of mm.h has one region only, so this allocator finds the
 * end of a phase by counting live blocks.
 *
 * The disadvantage: one live block keeps the memory of all blocks. Then the
 * heap grows like naive.c's, and a request returns NULL at the limit, though
 * most of the blocks may be freed.
 *
 * The last block can be resized where it lies, because nothing is behind it:
 * a string that grows while it is built, the case GNU obstacks are made for.
 *
 * D. Hanson, "Fast Allocation and Deallocation of Memory Based on Object
 * Lifetimes", Software: Practice and Experience 20(1), 1990.
 *
 * Invariants, between any two calls of mm_*:
 *   I1  Blocks tile the region from its first payload to next; their sizes
 *       are multiples of ALIGN, not 0.
 *   I2  next is not above the break.
 *   I3  live is the number of blocks that have not been freed.
 *   I4  Where live is 0 there is no block.
 */
#include <stdbool.h>
#include <stdint.h>
#include <string.h>

#include "memlib.h"
#include "mm.h"

const char mm_idea[] = "bump region, freed all at once";

enum {
    ALIGN = 16,
    WORD = sizeof(size_t),
    FREED = 1,
    CHUNK = 4096, /* bytes the heap grows by, at least */
};

/* Bytes; more than any heap holds, and mem_sbrk can be asked for it. */
static const size_t MAX_PAYLOAD = PTRDIFF_MAX - CHUNK;

static struct {
    char *next;  /* the payload of the next block */
    size_t live; /* blocks that were not freed yet */
} region;

static size_t *tag_of(void *payload)
{
    return (size_t *)payload - 1;
}

/* From one payload to the next. */
static size_t block_size(void *payload)
{
    return *tag_of(payload) & ~(size_t)FREED;
}

static size_t block_size_for(size_t payload)
{
    return (payload + WORD + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

static char *region_start(void)
{
    return (char *)mem_heap_lo() + ALIGN;
}

/* Whether the heap has size bytes at from, grown by this call if need be. */
static bool reserve(const char *from, size_t size)
{
    size_t available = (size_t)((char *)mem_heap_hi() + 1 - from);
    size_t missing = size - available;

    if (size <= available)
        return true;
    return mem_sbrk((intptr_t)(missing < CHUNK ? CHUNK : missing)) !=
           (void *)-1;
}

/* The pad holds the first tag. */
int mm_init(void)
{
    region.live = 0;
    if (mem_sbrk(ALIGN) == (void *)-1)
        return -1;
    region.next = region_start();
    return 0;
}

void *mm_malloc(size_t payload)
{
    size_t size = block_size_for(payload);
    char *block = region.next;

    if (payload == 0 || payload > MAX_PAYLOAD || !reserve(block, size))
        return NULL;
    *tag_of(block) = size;
    region.next += size;
    region.live++;
    return block;
}

/* The flag serves the audit; mm_free needs only the count. */
void mm_free(void *ptr)
{
    if (!ptr)
        return;
    *tag_of(ptr) |= FREED;
    if (--region.live == 0)
        region.next = region_start();
}

size_t mm_usable_size(void *ptr)
{
    return ptr ? block_size(ptr) - WORD : 0;
}

/* Resize the last block; false where memory is refused. */
static bool resize_last(char *block, size_t size)
{
    if (!reserve(block, size))
        return false;
    *tag_of(block) = size;
    region.next = block + size;
    return true;
}

/* Only the last block can grow where it is; any other can stay as it is. */
static bool resize(char *block, size_t size)
{
    if (block + block_size(block) == region.next)
        return resize_last(block, size);
    return size <= block_size(block);
}

void *mm_realloc(void *ptr, size_t payload)
{
    void *new;

    if (payload > MAX_PAYLOAD)
        return NULL;
    if (ptr && payload > 0 && resize(ptr, block_size_for(payload)))
        return ptr;
    new = mm_malloc(payload);
    if (ptr && new)
        memcpy(new, ptr, mm_usable_size(ptr));
    if (new || payload == 0)
        mm_free(ptr);
    return new;
}

int mm_audit(void)
{
    char *block = region_start();
    size_t live = 0;

    if (region.next > (char *)mem_heap_hi() + 1)
        return 2;
    for (; block < region.next; block += block_size(block)) {
        size_t size = block_size(block);

        if (size == 0 || size % ALIGN != 0 ||
            size > (size_t)(region.next - block))
            return 1;
        live += !(*tag_of(block) & FREED);
    }
    if (block != region.next)
        return 1;
    if (live != region.live)
        return 3;
    return live == 0 && region.next != region_start() ? 4 : 0;
}
