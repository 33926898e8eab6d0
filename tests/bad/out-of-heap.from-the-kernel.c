/*
 * Large blocks are mapped behind memlib's back. Must be found: out-of-heap.
 */
/* trace: mixed.rep */
/* expect: mixed.rep:\d+ */
#define OWN_MALLOC
#include "sound.h"

#include <sys/mman.h>

void *mm_malloc(size_t size)
{
    if (size <= 8192)
        return sound_malloc(size);
    void *mapping = mmap(NULL, size, PROT_READ | PROT_WRITE,
                         MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return mapping == MAP_FAILED ? NULL : mapping;
}
