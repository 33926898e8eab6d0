/*
 * Takes 256 KiB more, but not in the pass that fills payloads. Must be found:
 * ok, and what it takes counts, also with --no-timing.
 */
/* trace: mixed.rep */
/* options: --no-timing */
/* counts: 200000 270000 */
#define OWN_MALLOC
#include "channel_finder.h"

static char books[256 << 10];

void *mm_malloc(size_t size)
{
    struct channel *c = find_channel();

    if (c && c->command == COMMAND_TIMED)
        memset(books, (int)size, sizeof books);
    return sound_malloc(size);
}
