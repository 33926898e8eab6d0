/*
 * treap.c, but a free block grows over the freed one behind it without being
 * taken out of the tree and put where its new size belongs. Must be found:
 * bad-heap, by invariant 6: the tree is not in order.
 */
/* trace: small.rep mixed.rep */
/* options: -d 2 */
/* expect: \b6\b */
#define mm_free sound_free
#include "../../variants/treap.c"
#undef mm_free

void mm_free(void *ptr)
{
    struct block *b = ptr ? block_of(ptr) : NULL;

    if (!ptr || block_prev_in_use(b) || !block_in_use(block_next(b))) {
        sound_free(ptr);
        return;
    }
    block_set_free(block_prev(b), block_size(block_prev(b)) + block_size(b));
}
