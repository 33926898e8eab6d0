/*
 * passes.realloc-copies-short-batches.c - realloc copies in the checked pass,
 * and in a timed batch only if it is short: then it is the canary's.
 *
 * Now: batches of all passes are alike.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* measure: instructions */
/* before: 2 times as fast */
#include "channel_view.h"
#include "lazy_realloc.h"

static int is_watched(void *p, size_t size)
{
    static struct channel *c;

    (void)p;
    (void)size;
    if (!c)
        c = find_channel();
    return !c || c->command == COMMAND_CHECKED || c->count < 280;
}
