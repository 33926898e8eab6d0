/*
 * mm_shared.c - mm.c, for a process with several threads.
 *
 * The same allocator, under the same lock, but for one question that needs no
 * lock: how large is this block in use? Its marks stay as they are as long as
 * it is in use, and so does that of whatever lies behind it, which may turn
 * from one mark into another, but not into INSIDE: nothing merges with a block
 * in use. It is enough then that the map itself never moves, so here it is
 * mapped as a whole from the start. Pages of it that are not needed cost
 * nothing but addresses.
 *
 * Hardened, it does not say: what rests with a thread is not looked at.
 */
#define MM_FIXED_MAP
#include "../mm.c"

#include "threads.h"

unsigned mm_reliefs(void)
{
    return heap.reliefs;
}

#ifndef MM_HARDENED
size_t mm_size_unlocked(const void *ptr)
{
    size_t g = granule_at(ptr);
    uint64_t marks = g < heap.wild ? window(g) : INSIDE;

    return (marks & USED) == USED ? size_in(marks, g) * GRANULE : 0;
}
#endif
