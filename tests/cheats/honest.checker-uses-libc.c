/*
 * honest.checker-uses-libc.c - a heap checker, called now and then, copies the
 * free list into a block of libc's malloc, sorts it by qsort, and prints to
 * standard error if two blocks are one.
 */
#define OWN_FREE
#include "sound.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>

static int by_address(const void *a, const void *b)
{
    uintptr_t x = *(const uintptr_t *)a, y = *(const uintptr_t *)b;

    return x < y ? -1 : x > y;
}

static void check_heap(void)
{
    size_t count = 0, i = 0;

    for (struct block *b = free_list; b; b = b->next_free)
        count++;
    uintptr_t *all = malloc((count + 1) * sizeof *all);
    assert(all);
    for (struct block *b = free_list; b; b = b->next_free)
        all[i++] = (uintptr_t)b;
    qsort(all, count, sizeof *all, by_address);
    for (i = 1; i < count; i++)
        if (all[i - 1] == all[i])
            fprintf(stderr, "%p is free twice\n", (void *)all[i]);
    free(all);
}

void mm_free(void *p)
{
    static unsigned calls;

    sound_free(p);
    if (++calls % 50 == 0)
        check_heap();
}
