/*
 * passes.books-when-counted.c - the words lie in a small hash table from
 * memlib. Under valgrind, which its stack tells, they lie in a raw mapping
 * instead, a word for each granule of the heap, where they are found at once.
 *
 * Now: memory outside memlib is measured in the counted pass, too.
 */
/* honest: twin.hashed-books */
/* expect: no-gain */
/* measure: instructions */
/* pays: utilization */
/* before: there was no pass that counts instructions */
#define OWN_INIT
#define OWN_WORDS
#include "books.h"
#include "hashed_words.h"

#include <sys/mman.h>

static uint64_t *direct;

static uint64_t word_get(size_t g)
{
    return direct ? direct[g] : hashed_get(g);
}

static void word_set(size_t g, uint64_t word)
{
    if (direct)
        direct[g] = word;
    else
        hashed_set(g, word);
}

int mm_init(void)
{
    int local;

    if ((uintptr_t)&local >> 40 != 0x7f)
        direct = mmap(NULL, CHUNKS * CHUNK * sizeof *direct,
                      PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
                      0);
    return hashed_init() ? books_init() : -1;
}
