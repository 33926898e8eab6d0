/*
 * twin.hashed-books.c - the allocator of parts/books.h with its words in a hash
 * table, by granule, in memory from memlib.
 */
#define OWN_INIT
#define OWN_WORDS
#include "books.h"

enum { ENTRIES = 900, SHIFT = 20, MASK = (1 << SHIFT) - 1 };

/* An entry is (granule + 1) << SHIFT | word, or 0. Linear probing. */
static uint64_t *table;

static uint64_t *entry_of(size_t g)
{
    size_t i = g * 31 % ENTRIES;

    while (table[i] && table[i] >> SHIFT != g + 1)
        i = (i + 1) % ENTRIES;
    return &table[i];
}

static uint64_t word_get(size_t g)
{
    return *entry_of(g) & MASK;
}

static void word_set(size_t g, uint64_t word)
{
    *entry_of(g) = (uint64_t)(g + 1) << SHIFT | word;
}

int mm_init(void)
{
    table = mem_map(ENTRIES * sizeof *table);
    return table ? books_init() : -1;
}
