/*
 * place.h - first fit over a map of granules, which lies outside the heap: for
 * cheats that only have to name addresses.
 */
#ifndef PLACE_H
#define PLACE_H

#include <stddef.h>
#include <string.h>
#include <sys/mman.h>

enum { PLACE_GRANULE = 16, PLACES = 1 << 16 };

static unsigned char *places; /* by granule: is it taken? */

static inline void places_clear(void)
{
    if (!places)
        places = mmap(NULL, PLACES, PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    memset(places, 0, PLACES);
}

static inline size_t place_granules(size_t size)
{
    return (size + PLACE_GRANULE - 1) / PLACE_GRANULE;
}

static inline void place_mark(size_t offset, size_t size, int taken)
{
    memset(places + offset / PLACE_GRANULE, taken, place_granules(size));
}

/* Take the first place for size bytes; returns its offset in the heap. */
static inline size_t place_take(size_t size)
{
    size_t need = place_granules(size), g = 0;
    unsigned char *taken;

    do {
        unsigned char *free = memchr(places + g, 0, PLACES - g);

        g = (size_t)(free - places);
        taken = memchr(free, 1, need);
        if (taken)
            g = (size_t)(taken - places);
    } while (taken);
    place_mark(g * PLACE_GRANULE, size, 1);
    return g * PLACE_GRANULE;
}

#endif
