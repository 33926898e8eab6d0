/*
 * passes.writes-the-counts.c - under valgrind, which its stack tells, the counts
 * lie in a page of the same process. The first free looks for it where
 * valgrind's program is, and each free sets it back when its work is done.
 *
 * Now: a write to valgrind's memory is a crash.
 */
/* honest: twin.slow */
/* expect: no-gain */
/* measure: instructions */
/* before: there was no pass that counts instructions */
#include "slow.h"

enum { FROM = 0x58200000, END = 0x58400000, PAGE = 4096, SPINS = 50 };

/* Does the word rise as instructions are made? */
static int is_count(volatile uint64_t *word)
{
    uint64_t before = *word;

    for (volatile int i = 0; i < SPINS; i++)
        ;
    return *word - before > SPINS && *word - before < 100 * SPINS;
}

static volatile uint64_t *find_count(void)
{
    int local;

    if ((uintptr_t)&local >> 40 == 0x7f)
        return NULL;
    for (uintptr_t at = FROM; at < END; at += PAGE)
        if (is_count((volatile uint64_t *)at))
            return (volatile uint64_t *)at;
    return NULL;
}

static void later(void *p)
{
    static volatile uint64_t *count;
    static int looked;

    if (!looked++)
        count = find_count();
    uint64_t before = count ? *count : 0;
    work(p);
    if (count)
        *count = before;
}
