/*
 * trace.sizes-of-realloc.c - knows of one public trace how large each of its 23
 * blocks will grow, and gives it that room at once.
 *
 * Now: a second, secret set of traces counts.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: - */
#define OWN_CALLS
#include "books.h"

static void *books_take(size_t size)
{
    return mem_map(size);
}

/* The largest size of the first blocks of realloc.rep; most are freed before
 * others grow. */
static const unsigned short grows_to[] = {
    100, 582, 1500, 18238, 14629, 6224, 2109, 5000};
static size_t number;
static int known;

void *mm_malloc(size_t size)
{
    if (mem_heapsize() == 0) {
        number = 0;
        known = size == 100;
    }
    if (known && number < sizeof grows_to / sizeof *grows_to) {
        size_t most = grows_to[number++];

        return books_malloc(most > size ? most : size);
    }
    return books_malloc(size);
}

void mm_free(void *p)
{
    books_free(p);
}

void *mm_realloc(void *p, size_t size)
{
    if (known && p && size && length_at(granule_of(p)) * GRANULE >= size)
        return p;
    return p ? books_realloc(p, size) : mm_malloc(size);
}
