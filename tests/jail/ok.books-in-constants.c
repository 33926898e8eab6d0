/*
 * Makes a table of constants writable, for its books. Must be found: ok, and
 * all of it counts.
 */
/* trace: mixed.rep */
/* counts: 250000 270000 */
#define OWN_MALLOC
#include "../bad/sound.h"

#include <sys/mman.h>

enum { PAGE = 4096, PAGES = 64 };

__attribute__((aligned(PAGE))) static const char table[PAGES * PAGE] = {1};

void *mm_malloc(size_t size)
{
    char *books = (char *)(uintptr_t)table;

    if (mprotect(books, sizeof table, PROT_READ | PROT_WRITE) == 0)
        for (int i = 0; i < PAGES; i++)
            *(volatile char *)(books + i * PAGE) = (char)size;
    return sound_malloc(size);
}
