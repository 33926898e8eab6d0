/*
 * tlsf.c, but to free a block clears the bit of the list it would have been
 * on, were it not merged. Must be found: bad-heap, by invariant 7: a bit and
 * its list disagree.
 */
/* trace: small.rep */
/* options: -d 2 */
/* expect: \b7\b */
#define mm_free sound_free
#include "../../variants/tlsf.c"
#undef mm_free

void mm_free(void *ptr)
{
    struct class c;

    if (!ptr)
        return;
    c = class_of(block_size(block_of(ptr)));
    sound_free(ptr);
    mark_empty(c);
}
