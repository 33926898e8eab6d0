/*
 * passes.realloc-copies-what-is-there.c - in a timed pass nobody writes into
 * payloads. So realloc copies only where some sampled words are not zero.
 *
 * Now: what a counted pass moves is looked at, too.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* measure: instructions */
/* before: 2 times as fast */
#include "lazy_realloc.h"

static int is_watched(void *p, size_t size)
{
    size_t words = block_of(p)->size / 8, step = words / 4 + 1;
    uint64_t all = 0;

    (void)size;
    for (size_t i = 0; i < words; i += step)
        all |= ((uint64_t *)p)[i];
    return all != 0;
}
