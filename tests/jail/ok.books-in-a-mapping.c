/*
 * Keeps books in a mapping of its own. Must be found: ok, and it counts.
 */
/* trace: mixed.rep */
/* counts: 980000 1060000 */
#define OWN_MALLOC
#include "../bad/sound.h"

#include <sys/mman.h>

void *mm_malloc(size_t size)
{
    static char *books;

    if (!books)
        books = mmap(NULL, 1 << 20, PROT_READ | PROT_WRITE,
                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(books, (int)size, 1 << 20);
    return sound_malloc(size);
}
