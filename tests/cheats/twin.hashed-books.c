/*
 * twin.hashed-books.c - the allocator of parts/books.h with its words in a hash
 * table, by granule, in memory from memlib.
 */
#define OWN_INIT
#define OWN_WORDS
#include "books.h"
#include "hashed_words.h"

static uint64_t word_get(size_t g)
{
    return hashed_get(g);
}

static void word_set(size_t g, uint64_t word)
{
    hashed_set(g, word);
}

int mm_init(void)
{
    return hashed_init() ? books_init() : -1;
}
