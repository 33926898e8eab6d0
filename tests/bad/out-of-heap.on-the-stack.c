/*
 * A block is a local variable. Must be found: out-of-heap.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:5\b */
#define OWN_MALLOC
#include "sound.h"

void *mm_malloc(size_t size)
{
    _Alignas(ALIGNMENT) char local[4096];
    char *volatile escape = local; /* past the compiler, which would warn */

    return size < sizeof local ? escape : sound_malloc(size);
}
