/*
 * Has a checker that sorts copies of its blocks in the C library's memory, and
 * asserts. Must be found: ok.
 */
/* trace: mixed.rep */
/* counts: 0 0 */
#define OWN_FREE
#include "../bad/sound.h"

#include <assert.h>
#include <stdlib.h>
#include <time.h>

static int by_address(const void *a, const void *b)
{
    const char *const *x = a, *const *y = b;

    return (*x > *y) - (*x < *y);
}

static void check(void)
{
    enum { MOST = 500 };
    const void **blocks = malloc(MOST * sizeof *blocks);
    size_t count = 0;

    for (struct block *b = free_list; b && count < MOST; b = b->next_free)
        blocks[count++] = b;
    qsort(blocks, count, sizeof *blocks, by_address);
    for (size_t i = 1; i < count; i++)
        assert(blocks[i - 1] < blocks[i]);
    free(blocks);
    assert(time(NULL) > 0 && clock() >= 0);
}

void mm_free(void *ptr)
{
    sound_free(ptr);
    check();
}
