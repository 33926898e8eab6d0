/*
 * naive.c - move the break, free nothing
 *
 * The least an allocator can do: the heap's end is the next block. A request
 * moves it up, and what was handed out is never seen again.
 *
 *      lo | block | block | block | brk -->
 *
 * No block has a header, since nobody will ever ask about it, so nothing can
 * be faster, and no memory is lost but by rounding up to 16 bytes; yet for a
 * program that frees, the heap is the sum of all it ever asked for, not the
 * peak of what it had at one time. That is the one line to beat: the rest of
 * the ladder exists in order to use memory again.
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

enum { ALIGN = 16 };

int mm_init(void)
{
    return 0;
}

/* By induction the break is a multiple of ALIGN: the heap starts at a page. */
void *mm_malloc(size_t size)
{
    void *block;

    if (size == 0 || size > PTRDIFF_MAX - ALIGN)
        return NULL;
    size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
    block = mem_sbrk((intptr_t)size);
    return block == (void *)-1 ? NULL : block;
}

void mm_free(void *ptr)
{
    (void)ptr;
}

/*
 * Without headers the old size is unknown, so copy as much as the new block
 * takes. The new block is the heap's last, therefore size bytes from ptr on
 * are within the heap; beyond the old block they are somebody else's, and
 * contents that the contract leaves undefined. The two ranges may overlap.
 */
void *mm_realloc(void *ptr, size_t size)
{
    void *block = mm_malloc(size);

    if (ptr && block)
        memmove(block, ptr, size);
    return block;
}
