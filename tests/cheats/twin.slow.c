/* twin.slow.c - the allocator of parts/slow.h, which works at once. */
#include "slow.h"

static void later(void *p)
{
    work(p);
}
