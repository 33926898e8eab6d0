/*
 * Keeps books in the C library's heap. Must be found: ok, and they count.
 */
/* trace: mixed.rep */
/* counts: 90000 140000 */
#define OWN_MALLOC
#include "../bad/sound.h"

#include <stdlib.h>

void *mm_malloc(size_t size)
{
    static char *books;

    if (!books)
        books = malloc(120000);
    memset(books, (int)size, 120000);
    return sound_malloc(size);
}
