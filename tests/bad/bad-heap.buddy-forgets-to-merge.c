/*
 * buddy.c, but a freed block is listed as it is. Must be found: bad-heap, by
 * invariant 3: two buddies are both free.
 */
/* trace: small.rep */
/* options: -d 2 */
/* expect: \b3\b */
#define mm_free sound_free
#include "../../variants/buddy.c"
#undef mm_free

void mm_free(void *ptr)
{
    if (ptr)
        list_push(unit_of(ptr), heap.table[unit_of(ptr)] & ORDER);
}
