/*
 * Walks its list by recursion, some hundred calls deep. Must be found: ok.
 */
/* trace: mixed.rep */
/* counts: 0 0 */
#define OWN_FREE
#include "../bad/sound.h"

static volatile int sum;

__attribute__((noinline)) static int length_from(const struct block *b,
                                                 int most)
{
    volatile int here = 1;

    return b && most ? here + length_from(b->next_free, most - 1) : 0;
}

void mm_free(void *ptr)
{
    sound_free(ptr);
    sum = length_from(free_list, 400);
}
