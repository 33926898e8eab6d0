/*
 * passes.knows-valgrind-by-the-clock.c - a thousand multiplications take fifty
 * times as long under valgrind. If they do, realloc copies nothing.
 *
 * Now: the contents are looked at in the counted pass, too.
 */
/* honest: twin.sound */
/* expect: no-gain */
/* measure: instructions */
/* before: there was no pass that counts instructions */
#include "lazy_realloc.h"

#include <x86intrin.h>

static int looks_slow(void)
{
    uint64_t best = UINT64_MAX;

    for (int round = 0; round < 5; round++) {
        uint64_t start = __rdtsc();
        for (volatile int i = 0; i < 100; i++)
            ;
        uint64_t time = __rdtsc() - start;
        best = time < best ? time : best;
    }
    return best > 2500;
}

static int is_watched(void *p, size_t size)
{
    static int known, slow;

    (void)p;
    (void)size;
    if (!known)
        slow = looks_slow();
    known = 1;
    return !slow;
}
