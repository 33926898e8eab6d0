/* twin.granules.c - the allocator of parts/granules.h, which searches itself. */
#include "granules.h"

static void begin(void)
{
}

static char *take(size_t granules)
{
    size_t first;

    return page_map_take(&map, granules, 0, &first) ? arena + (first << BITS)
                                                    : NULL;
}
