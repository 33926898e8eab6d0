/*
 * The size of a block passes through a uint16_t. Must be found: out-of-heap,
 * for a block of 100,000 bytes has room for 34,464.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    struct block *b = append_block(ALIGNMENT, (uint16_t)round_up(size));

    return b ? payload_of(b) : NULL;
}
