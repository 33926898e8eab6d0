/*
 * books.in-the-log.c - the books lie in the channel: behind the entries of the
 * log that the batch needs, there are thousands that it does not.
 *
 * Now: a batch is short, and the log as long as a batch can be; or what the
 * allocator writes there is found.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 81.6 for 48.6 % */


#include "channel_view.h"

#define OWN_WORDS
#include "books.h"

enum { WORDS = CHANNEL_BATCH * 2, LAST = CHANNEL_BATCH * 2 - 1 };

/* 32 bits of the log a word, from its end backwards. */
static uint32_t *words;

static uint64_t word_get(size_t g)
{
    return words[LAST - g];
}

static void word_set(size_t g, uint64_t word)
{
    if (!words)
        words = (uint32_t *)log_of(find_channel());
    words[LAST - g] = (uint32_t)word;
}
