/*
 * packed_books.h - after each call the books are packed, a word for a block,
 * into a few static words; the file that includes this one defines give_back(),
 * which then gives their memory back. unpack() puts them there again.
 */
#ifndef PACKED_BOOKS_H
#define PACKED_BOOKS_H

#define OWN_CALLS
#include "books.h"

static uint64_t packed[100]; /* as much static data as nobody counts */
static size_t count;

static void give_back(void);

static void unpack(void)
{
    size_t g = 0;

    for (size_t i = 0; i < count; g += (size_t)packed[i++] >> 1)
        word_set(g, packed[i]);
}

/* Where there are too many blocks, the pages stay. */
static void pack(void)
{
    count = 0;
    for (size_t g = 0; g < granules; g += length_at(g)) {
        if (count == sizeof packed / sizeof *packed) {
            count = 0;
            return;
        }
        packed[count++] = word_get(g);
    }
    give_back();
}

void *mm_malloc(size_t size)
{
    unpack();
    void *p = books_malloc(size);
    pack();
    return p;
}

void mm_free(void *p)
{
    unpack();
    books_free(p);
    pack();
}

void *mm_realloc(void *p, size_t size)
{
    unpack();
    void *q = books_realloc(p, size);
    pack();
    return q;
}

#endif
