/*
 * free(NULL) looks for a header below NULL. Must be found: crashed.
 */
/* trace: edge.rep */
/* expect: edge.rep:5\b */
#define OWN_FREE
#include "sound.h"

void mm_free(void *ptr)
{
    struct block *volatile b = block_of(ptr);

    b->next_free = free_list;
    free_list = b;
}
