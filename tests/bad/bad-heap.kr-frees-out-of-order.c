/*
 * kr.c, but a freed block goes behind the rover, wherever that is, without
 * the walk to its place. Must be found: bad-heap, by invariant 2: the list is
 * not in the order of addresses.
 */
/* trace: small.rep */
/* options: -d 2 */
/* expect: \b2\b */
#define mm_free sound_free
#include "../../variants/kr.c"
#undef mm_free

void mm_free(void *ptr)
{
    struct block *b = (struct block *)ptr - 1;

    if (!ptr)
        return;
    b->next = list.rover->next;
    list.rover->next = b;
    list.rover = b;
}
