/*
 * books.in-the-events.c - the books lie in the channel's buffer of 4,096 heap
 * events, of which a small trace needs few.
 *
 * Now: the buffer is short, or what the allocator writes there is found.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 81.6 for 48.6 % */

#include "channel_view.h"

#define OWN_WORDS
#include "books.h"

static uint16_t *words;

static uint64_t word_get(size_t g)
{
    return words[g];
}

/* The first 1,024 events are left for true ones. */
static void word_set(size_t g, uint64_t word)
{
    if (!words)
        words = (uint16_t *)(find_channel()->account.events + 1024);
    words[g] = (uint16_t)word;
}
