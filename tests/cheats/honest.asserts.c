/*
 * honest.asserts.c - every call asserts what it knows, and sorts a copy of the
 * newest sizes on the stack.
 */
#define OWN_MALLOC
#include "sound.h"

#include <assert.h>
#include <stdlib.h>

static unsigned recent[64], at;

static int by_size(const void *a, const void *b)
{
    unsigned x = *(const unsigned *)a, y = *(const unsigned *)b;

    return x < y ? -1 : x > y;
}

void *mm_malloc(size_t size)
{
    unsigned sorted[64];

    recent[at++ % 64] = (unsigned)size;
    memcpy(sorted, recent, sizeof sorted);
    qsort(sorted, 64, sizeof *sorted, by_size);
    assert(sorted[0] <= sorted[63]);
    void *p = sound_malloc(size);
    assert((uintptr_t)p % ALIGNMENT == 0);
    return p;
}
