/*
 * time.in-init.c - mm_init, which is not timed, finds out the answers of all
 * malloc calls beforehand: it carves the heap into blocks of the sizes that
 * earlier passes of the process asked for, and malloc takes one after the other.
 *
 * Now: mm_init counts, and where blocks are placed otherwise than in the checked
 * pass, what a fresh process does counts.
 */
/* honest: twin.slow */
/* expect: no-gain */
/* measure: instructions */
/* before: 8 times as fast */
#define OWN_INIT
#define OWN_MALLOC
#define OWN_REALLOC
#include "slow.h"

static unsigned short wanted[400]; /* no more than static data that is free */
static unsigned count, at;
static char *carved;

int mm_init(void)
{
    sound_init();
    carved = NULL;
    at = 0;
    for (unsigned i = 0; i < count; i++) {
        void *p = append_block(ALIGNMENT, round_up(wanted[i]));

        carved = carved ? carved : p;
    }
    return 0;
}

static void note(size_t size)
{
    if (!carved && count < 400 && size < 65536)
        wanted[count++] = (unsigned short)size;
}

void *mm_malloc(size_t size)
{
    note(size);
    if (carved && at < count && size == wanted[at]) {
        struct block *b = (struct block *)carved;

        carved += sizeof *b + b->size;
        at++;
        return payload_of(b);
    }
    return sound_malloc(size);
}

void *mm_realloc(void *p, size_t size)
{
    return sound_realloc(p, size);
}

static void later(void *p)
{
    if (carved)
        sound_free(p); /* nobody will search this list */
    else
        work(p);
}
