/*
 * Keeps books deep down on the stack. Must be found: ok, and they count.
 */
/* trace: mixed.rep */
/* counts: 900000 1200000 */
#define OWN_MALLOC
#include "../bad/sound.h"

__attribute__((noinline)) static void write_books(size_t size)
{
    volatile char books[1 << 20];

    for (size_t i = 0; i < sizeof books; i += 512)
        books[i] = (char)size;
}

void *mm_malloc(size_t size)
{
    write_books(size);
    return sound_malloc(size);
}
