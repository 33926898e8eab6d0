/*
 * bump.c, but the pointer falls back as soon as the last block of the region
 * is freed, whatever else is live. Must be found: overlap.
 */
/* trace: small.rep */
#define mm_free sound_free
#include "../../variants/bump.c"
#undef mm_free

void mm_free(void *ptr)
{
    bool last = ptr && (char *)ptr + block_size(ptr) == region.next;

    sound_free(ptr);
    if (last)
        region.next = region_start();
}
