/*
 * bump.c, but free(NULL) counts as the end of a block, so that the region
 * is taken for empty one block too early. Must be found: bad-heap, by
 * invariant 3: the count is wrong.
 */
/* trace: edge.rep */
/* options: -d 2 */
/* expect: \b3\b */
#define mm_free sound_free
#include "../../variants/bump.c"
#undef mm_free

void mm_free(void *ptr)
{
    if (ptr)
        sound_free(ptr);
    else
        region.live--;
}
