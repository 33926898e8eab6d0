/*
 * naive.c - move the break, free nothing
 *
 * The least an allocator can do: the heap's end is the next block. A request
 * moves it up, and what was handed out is never seen again.
 *
 *      lo | block | block | block | brk -->
 *
 * Nothing can be much faster. Beside the payloads, memory is used only by
 * rounding up to 16 bytes and by a word before each payload: its size, which
 * realloc needs in order to copy no more than the block. Yet for a program that
 * frees, the heap is the sum of all its requests, not the peak of its live
 * blocks. All other variants exist in order to use memory again.
 *
 * Real programs do this: a compiler that lives for a second may well never
 * free, and arenas free all at once. (Wilson et al., "Dynamic Storage
 * Allocation: A Survey and Critical Review", 1995, on why that is no general
 * answer. Kernighan and Ritchie, section 5.4, have the stack-like sister.)
 *
 * There is no state, hence no invariant to audit.
 */
#include <stdint.h>
#include <string.h>

#include "memlib.h"
#include "mm.h"

const char mm_idea[] = "move the break, free nothing";

enum { ALIGN = 16, WORD = sizeof(size_t) };

/*
 * The break is always where the next payload is to start; the word below it
 * belongs to that block already.
 */
int mm_init(void)
{
    return mem_sbrk(ALIGN) == (void *)-1 ? -1 : 0;
}

void *mm_malloc(size_t size)
{
    size_t *block;

    if (size == 0 || size > PTRDIFF_MAX - 2 * ALIGN)
        return NULL;
    size = (size + WORD + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    block = mem_sbrk((intptr_t)size);
    if (block == (void *)-1)
        return NULL;
    block[-1] = size - WORD;
    return block;
}

void mm_free(void *ptr)
{
    (void)ptr;
}

size_t mm_usable_size(void *ptr)
{
    return ptr ? ((size_t *)ptr)[-1] : 0;
}

void *mm_realloc(void *ptr, size_t size)
{
    size_t old = mm_usable_size(ptr);
    void *block = mm_malloc(size);

    if (ptr && block)
        memcpy(block, ptr, old < size ? old : size);
    return block;
}
