/*
 * A freed block's link points at the block itself; a request that it is too
 * small for goes round for ever. Must be found: hung.
 */
/* trace: header.rep */
/* options: -s 0.3 */
#define OWN_FREE
#include "sound.h"

void mm_free(void *ptr)
{
    free_list = block_of(ptr);
    free_list->next_free = free_list;
}
