/*
 * student.h - a student's allocator: boundary tags and a free list, sound
 *
 *      lo |pad|header|footer| block | block | ... |header| brk
 *             `- prologue -'                     epilogue
 *
 * A header and a footer hold the block's size and, in bit 0, whether it is in
 * use. The prologue is a block in use without payload, the epilogue a header of
 * size 0 in use: so every block has two neighbours. Free blocks are in a list.
 *
 * Invariants:
 *   1  Blocks tile the heap up to the epilogue, which is in use.
 *   2  Header and footer of a block are the same.
 *   3  No two neighbours are both free.
 *   4  The list has the free blocks, each once.
 *
 * Each file beside this one defines the name of a bug and includes this one.
 * Debug information names that file: a student has one.
 */
#line 19 __BASE_FILE__
#include <stdint.h>
#include <string.h>

#include "memlib.h"
#include "mm.h"

#define WORD sizeof(size_t)
#define ALIGN 16
#define MIN_BLOCK (4 * WORD) /* header, two links, footer */
#define CHUNK 4096

/* ---- Blocks; bp points to a payload. ---- */

#define HEADER(bp) (*(size_t *)((char *)(bp) - WORD))
#define SIZE(bp) (HEADER(bp) & ~(size_t)15)
#define IN_USE(bp) (HEADER(bp) & 1)
#define NEXT(bp) ((char *)(bp) + SIZE(bp))
#define FOOTER(bp) (*(size_t *)(NEXT(bp) - 2 * WORD))
#define PREV_FOOTER(bp) (*(size_t *)((char *)(bp) - 2 * WORD))
#define PREV(bp) ((char *)(bp) - (PREV_FOOTER(bp) & ~(size_t)15))

static void mark(void *bp, size_t size, int in_use)
{
    HEADER(bp) = size | (size_t)in_use;
    FOOTER(bp) = size | (size_t)in_use;
}

/* ---- The free list. ---- */

struct links {
    struct links *next, *prev;
};

static struct links *list;
static char *prologue;

static void list_add(void *bp)
{
    struct links *b = bp;

    b->next = list;
    b->prev = NULL;
    if (list)
        list->prev = b;
    list = b;
}

static void list_remove(void *bp)
{
    struct links *b = bp;

    if (b->prev)
        b->prev->next = b->next;
    else
        list = b->next;
    if (b->next)
        b->next->prev = b->prev;
}

static void *list_find(size_t size)
{
    for (struct links *b = list; b; b = b->next)
        if (SIZE(b) >= size)
            return b;
    return NULL;
}

/* ---- The heap. ---- */

/* Free bp, merged with the neighbours that are free. */
static void *coalesce(void *bp)
{
    size_t size = SIZE(bp);
    char *next = NEXT(bp), *prev = PREV(bp);

    if (!IN_USE(next)) {
#ifndef WRONG_COALESCING
        list_remove(next);
#endif
        size += SIZE(next);
    }
    if (!(PREV_FOOTER(bp) & 1)) {
        list_remove(prev);
        size += SIZE(prev);
        bp = prev;
    }
    mark(bp, size, 0);
    list_add(bp);
    return bp;
}

static void *grow(size_t size)
{
    char *bp = mem_sbrk((intptr_t)size);

    if (bp == (void *)-1)
        return NULL;
    mark(bp, size, 0); /* its header is where the epilogue was */
#ifndef FORGOTTEN_EPILOGUE
    HEADER(NEXT(bp)) = 0 | 1;
#endif
    return coalesce(bp);
}

/* Use size bytes of the free block, and free the rest. */
static void place(void *bp, size_t size)
{
    size_t rest = SIZE(bp) - size;

    list_remove(bp);
    if (rest < MIN_BLOCK) {
        mark(bp, SIZE(bp), 1);
        return;
    }
    mark(bp, size, 1);
    mark(NEXT(bp), rest, 0);
    list_add(NEXT(bp));
}

/* ---- The contract of mm.h. ---- */

int mm_init(void)
{
#ifdef MISALIGNED
    char *start = mem_sbrk(3 * WORD);
#else
    char *start = mem_sbrk(4 * WORD);
#endif

    if (start == (void *)-1)
        return -1;
    list = NULL;
#ifdef MISALIGNED
    prologue = start + WORD;
#else
    prologue = start + 2 * WORD;
#endif
    mark(prologue, 2 * WORD, 1);
    HEADER(NEXT(prologue)) = 0 | 1;
    return 0;
}

void *mm_malloc(size_t payload)
{
    size_t size = (payload + 2 * WORD + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    void *bp;

    if (payload == 0 || payload > PTRDIFF_MAX - CHUNK)
        return NULL;
    if (size < MIN_BLOCK)
        size = MIN_BLOCK;
    bp = list_find(size);
    if (!bp)
        bp = grow(size < CHUNK ? CHUNK : size);
    if (bp)
        place(bp, size);
    return bp;
}

void mm_free(void *bp)
{
    if (!bp)
        return;
    mark(bp, SIZE(bp), 0);
#ifdef CYCLE
    list_add(bp);
#endif
    coalesce(bp);
}

void *mm_realloc(void *bp, size_t payload)
{
    size_t old = bp ? SIZE(bp) - 2 * WORD : 0;
    size_t bytes = old < payload ? old : payload;
    void *new;

#ifdef REALLOC_LOSES_DATA
    mm_free(bp);
    new = mm_malloc(payload);
    if (new && bp)
        memmove(new, bp, bytes);
#else
    new = mm_malloc(payload);
    if (new && bp)
        memcpy(new, bp, bytes);
    if (new || payload == 0)
        mm_free(bp);
#endif
    return new;
}

/* ---- The audit. ---- */

static int audit_block(char *bp)
{
    if (SIZE(bp) < MIN_BLOCK || NEXT(bp) > (char *)mem_heap_hi() + 1)
        return 1;
    if (HEADER(bp) != FOOTER(bp))
        return 2;
    if (!IN_USE(bp) && !IN_USE(NEXT(bp)))
        return 3;
    return 0;
}

/* A list that is longer than it can be has a cycle, or a block twice. */
static int audit_list(size_t free_blocks)
{
    for (struct links *b = list; b; b = b->next)
        if (IN_USE(b) || free_blocks-- == 0)
            return 4;
    return free_blocks == 0 ? 0 : 4;
}

int mm_audit(void)
{
    char *bp = NEXT(prologue), *end = (char *)mem_heap_hi() + 1;
    size_t free_blocks = 0;

    if (HEADER(end) != 1)
        return 1;
    for (; bp < end; bp = NEXT(bp)) {
        int broken = audit_block(bp);

        if (broken)
            return broken;
        free_blocks += !IN_USE(bp);
    }
    return audit_list(free_blocks);
}
