/*
 * pack_ahead.h - placement by a map of granules outside the heap. With
 * LOOK_AHEAD, the operations that the channel shows are packed before the first
 * of them is carried out; without, each block goes where it fits best.
 *
 * A lifetime is a block from its operation to the next one on its slot, or to
 * the end of the batch and beyond.
 */
#ifndef PACK_AHEAD_H
#define PACK_AHEAD_H

#include "channel_view.h"

#include <stdlib.h>
#include <sys/mman.h>

enum { UNIT = 16, UNITS = 1 << 16, OPS = 512 };

struct life {
    uint32_t from, to; /* steps of the batch; to: the first without it */
    uint32_t length;   /* units */
    uint32_t at;       /* its place, a unit */
};

/* By unit: the length of the block that begins there; else 0. */
static uint32_t *length_of;
static struct life *lives;
static size_t life_count, next_life, heap_units;

static void *room(size_t size)
{
    return mmap(NULL, size, PROT_READ | PROT_WRITE,
                MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
}

/* The lowest place of that length which no block in use and none of the lives
 * up to count, where they overlap in time, covers; best: the tightest hole. */
static uint32_t find_place(const struct life *l, size_t count, int best)
{
    static unsigned char *taken;
    uint32_t run = 0, found = 0, tightest = UINT32_MAX;

    if (!taken)
        taken = room(UNITS + 1);
    memset(taken, 0, UNITS);
    for (uint32_t u = 0; u < UNITS; u++)
        if (length_of[u])
            memset(taken + u, 1, length_of[u]);
    for (size_t i = 0; i < count; i++)
        if (&lives[i] != l && lives[i].from < l->to && l->from < lives[i].to)
            memset(taken + lives[i].at, 1, lives[i].length);
    for (uint32_t u = 0; u <= UNITS; u++) {
        if (u < UNITS && !taken[u]) {
            run++;
            continue;
        }
        if (run >= l->length && run < tightest) {
            found = u - run;
            tightest = run;
            if (!best)
                break;
        }
        run = 0;
    }
    return found;
}

static void take_units(uint32_t at, uint32_t length)
{
    length_of[at] = length;
    if (at + length > heap_units) {
        mem_sbrk((intptr_t)(at + length - heap_units) * UNIT);
        heap_units = at + length;
    }
}

#ifdef LOOK_AHEAD
static int larger_first(const void *a, const void *b)
{
    const struct life *x = a, *y = b;

    return x->length < y->length ? 1 : x->length > y->length ? -1 : 0;
}

static int earlier_first(const void *a, const void *b)
{
    const struct life *x = a, *y = b;

    return x->from < y->from ? -1 : x->from > y->from;
}

static void pack_batch(struct channel *c)
{
    const struct op *steps = steps_of(c);

    life_count = next_life = 0;
    for (uint32_t i = 0; i < c->count; i++) {
        uint32_t end = i + 1;

        if (op_ends(steps[i]) || op_payload(steps[i]) == 0)
            continue;
        while (end < c->count && (op_slot(steps[end]) != op_slot(steps[i]) ||
                                  !op_has_block(steps[end])))
            end++;
        lives[life_count++] = (struct life){
            i, end, (uint32_t)((op_payload(steps[i]) + UNIT - 1) / UNIT), 0};
    }
    qsort(lives, life_count, sizeof *lives, larger_first);
    for (size_t i = 0; i < life_count; i++)
        lives[i].at = find_place(&lives[i], i, 0);
    qsort(lives, life_count, sizeof *lives, earlier_first);
}

/* Where the look ahead has put the block of that size. */
static uint32_t planned(uint32_t length)
{
    struct channel *c = find_channel();
    static uint64_t batch;

    if (next_life == life_count || batch != c->first) {
        batch = c->first;
        pack_batch(c);
    }
    return lives[next_life++].length == length ? lives[next_life - 1].at : 0;
}
#endif

int mm_init(void)
{
    if (!length_of) {
        length_of = room(UNITS * sizeof *length_of);
        lives = room(OPS * sizeof *lives);
    }
    memset(length_of, 0, UNITS * sizeof *length_of);
    memset(lives, 1, OPS * sizeof *lives); /* the same pages with and without */
    life_count = next_life = heap_units = 0;
    return 0;
}

void *mm_malloc(size_t size)
{
    struct life l = {0, 1, (uint32_t)((size + UNIT - 1) / UNIT), 0};

    if (size == 0)
        return NULL;
#ifdef LOOK_AHEAD
    l.at = planned(l.length);
#else
    l.at = find_place(&l, 0, 1);
#endif
    take_units(l.at, l.length);
    return (char *)mem_heap_lo() + (size_t)l.at * UNIT;
}

static uint32_t unit_of(void *p)
{
    return (uint32_t)((char *)p - (char *)mem_heap_lo()) / UNIT;
}

void mm_free(void *p)
{
    if (p)
        length_of[unit_of(p)] = 0;
}

void *mm_realloc(void *p, size_t size)
{
    size_t old = p ? (size_t)length_of[unit_of(p)] * UNIT : 0;
    void *q = mm_malloc(size);

    if (p && q && p != q)
        memmove(q, p, old < size ? old : size);
    if (p && p != q)
        mm_free(p);
    return q;
}

#endif
