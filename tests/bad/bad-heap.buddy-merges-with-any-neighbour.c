/*
 * buddy.c, but a freed block that is the upper buddy swallows a free block of
 * its order behind it, which is no buddy of its. Must be found: bad-heap, by
 * invariant 2: a block starts where none of its order can.
 */
/* trace: small.rep */
/* options: -d 2 */
/* expect: \b2\b */
#define mm_free sound_free
#include "../../variants/buddy.c"
#undef mm_free

void mm_free(void *ptr)
{
    size_t unit = ptr ? unit_of(ptr) : 0;
    unsigned order = ptr ? heap.table[unit] & ORDER : 0;
    size_t next = unit + units_of(order);

    if (!(unit & units_of(order)) || !is_free(next, order)) {
        sound_free(ptr);
        return;
    }
    list_remove(block_at(next));
    list_push(unit, order + 1);
}
