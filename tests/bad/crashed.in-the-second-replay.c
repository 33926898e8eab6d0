/*
 * Puts its root into the heap in the first mm_init only; when the heap is
 * empty again, the root's link is NULL. Must be found: crashed, in the second
 * replay.
 */
/* trace: small.rep */
#define OWN_INIT
#define OWN_MALLOC
#include "sound.h"

static struct block *root;

int mm_init(void)
{
    if (root)
        return sound_init();
    root = append_block(ALIGNMENT, 0);
    if (!root)
        return -1;
    root->next_free = root;
    return sound_init();
}

void *mm_malloc(size_t size)
{
    root->next_free->size++;
    return sound_malloc(size);
}
