/*
 * slab.c, but a full slab does not come back into its list when one of its
 * objects is freed. Must be found: bad-heap, by invariant 3.
 */
/* trace: calloc.rep */
/* options: -d 2 */
/* expect: \b3\b */
#define mm_free sound_free
#include "../../variants/slab.c"
#undef mm_free

void mm_free(void *ptr)
{
    struct slab *slab = ptr ? slab_of(ptr) : NULL;

    if (!slab || slab->used < slab->capacity || slab->capacity == 1) {
        sound_free(ptr);
        return;
    }
    *(void **)ptr = slab->freed;
    slab->freed = ptr;
    slab->used--;
}
