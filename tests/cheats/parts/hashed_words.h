/*
 * hashed_words.h - the words of books.h in a hash table, by granule, in memory
 * from memlib. An entry is (granule + 1) << SHIFT | word, or 0. Linear probing.
 */
#ifndef HASHED_WORDS_H
#define HASHED_WORDS_H

#include "memlib.h"

#include <stdint.h>

enum { ENTRIES = 900, SHIFT = 20, MASK = (1 << SHIFT) - 1 };

static uint64_t *table;

static uint64_t *entry_of(size_t g)
{
    size_t i = g * 31 % ENTRIES;

    while (table[i] && table[i] >> SHIFT != g + 1)
        i = (i + 1) % ENTRIES;
    return &table[i];
}

static uint64_t hashed_get(size_t g)
{
    return *entry_of(g) & MASK;
}

static void hashed_set(size_t g, uint64_t word)
{
    *entry_of(g) = (uint64_t)(g + 1) << SHIFT | word;
}

/* False if there is no memory. */
static int hashed_init(void)
{
    table = mem_map(ENTRIES * sizeof *table);
    return table != NULL;
}

#endif
