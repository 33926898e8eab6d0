/*
 * mm.c - an allocator that uses no block twice
 *
 * It is correct, fast, and wastes all memory that is freed. Make it better, and
 * rewrite this comment: say how your blocks look, how a free one is found, and
 * what is true of the heap between two calls.
 *
 *      lo |pad| size | payload | size | payload | ... | brk
 *             `--- a block ---'`--- a block ---'
 *
 * A block begins with a word that holds the size of the whole block, in bytes.
 * The pad puts the first payload at a multiple of ALIGN; as all sizes are
 * multiples of ALIGN, so are all other payloads.
 *
 * Invariants, which mm_audit checks:
 *   1  Blocks tile the heap: each begins where the one before it ends, and the
 *      last ends at the break. Sizes are multiples of ALIGN, MIN_BLOCK or more.
 *   2  (Yours. No two neighbours are both free? Each free block is in the list?)
 */
#include <stdint.h>
#include <string.h>

#include "memlib.h"
#include "mm.h"

/* What is special about it, in at most six words: for tables. */
const char mm_idea[] = "uses no block twice";

enum {
    ALIGN = 16,
    WORD = sizeof(size_t),
    PAD = ALIGN - WORD,
    MIN_BLOCK = ALIGN
};

/* ---- Blocks: do all pointer arithmetic here, and nowhere else. ---- */

struct block {
    size_t size; /* of the whole block; the payload follows */
};

static void *block_payload(struct block *b)
{
    return (char *)b + WORD;
}

static struct block *block_of(void *payload)
{
    return (struct block *)((char *)payload - WORD);
}

/* The block after b; at the end of the heap, the break. */
static struct block *block_next(struct block *b)
{
    return (struct block *)((char *)b + b->size);
}

static struct block *heap_first(void)
{
    return (struct block *)((char *)mem_heap_lo() + PAD);
}

static struct block *heap_end(void)
{
    return (struct block *)((char *)mem_heap_lo() + mem_heapsize());
}

/* The size of a block for that payload; 0 where no heap could hold it. */
static size_t block_size_for(size_t payload)
{
    if (payload > PTRDIFF_MAX - 2 * ALIGN)
        return 0;
    return (payload + WORD + ALIGN - 1) & ~(size_t)(ALIGN - 1);
}

/* ---- The contract of mm.h. ---- */

/* Called again before each replay: reset all static variables here. */
int mm_init(void)
{
    return mem_sbrk(PAD) == (void *)-1 ? -1 : 0;
}

void *mm_malloc(size_t payload)
{
    size_t size = block_size_for(payload);
    struct block *b;

    if (payload == 0 || size == 0)
        return NULL;
    b = mem_sbrk((intptr_t)size);
    if (b == (void *)-1)
        return NULL;
    b->size = size;
    return block_payload(b);
}

/* To do: mark the block free, so that mm_malloc can use it again. */
void mm_free(void *ptr)
{
    (void)ptr;
}

/* To do: stay in place where there is room. */
void *mm_realloc(void *ptr, size_t payload)
{
    void *new = mm_malloc(payload);

    if (ptr && new) {
        size_t old = block_of(ptr)->size - WORD;

        memcpy(new, ptr, old < payload ? old : payload);
    }
    if (new || payload == 0)
        mm_free(ptr);
    return new;
}

/* ---- The audit. ---- */

/*
 * Walk the heap and return the number of the first invariant that is broken, or
 * 0. The driver calls it at the end of each checked replay; with -d 2, after
 * every operation. It costs nothing while speed is measured.
 */
int mm_audit(void)
{
    struct block *b = heap_first(), *end = heap_end();

    for (; b < end; b = block_next(b)) {
        if (b->size % ALIGN != 0 || b->size < MIN_BLOCK)
            return 1;
        /* To do: return 2 where this block breaks invariant 2. */
    }
    return b == end ? 0 : 1;
}
