/*
 * books.thread-local.c - the books lie in libc's store of values by thread and
 * key: 1,024 keys, each for the words of some granules.
 *
 * Now: libc's pages are counted as footprint.
 */
/* honest: twin.hashed-books */
/* expect: no-gain */
/* before: utilization 81.6 for 68.2 % */
#define OWN_WORDS
#include "books.h"

#include <pthread.h>

enum { KEYS = 900, SHIFT = 20, MASK = (1 << SHIFT) - 1 };

/* A key's value is the granule above, the word below. Linear probing. */
static pthread_key_t keys[1];
static int made;

static pthread_key_t key_of(size_t g, uint64_t *value)
{
    for (size_t i = g * 31 % KEYS;; i = (i + 1) % KEYS) {
        *value = (uint64_t)(uintptr_t)pthread_getspecific(
            keys[0] + (pthread_key_t)i);
        if (*value == 0 || *value >> SHIFT == g + 1)
            return keys[0] + (pthread_key_t)i;
    }
}

static uint64_t word_get(size_t g)
{
    uint64_t value;

    key_of(g, &value);
    return value & MASK;
}

static void word_set(size_t g, uint64_t word)
{
    uint64_t value;
    pthread_key_t more;

    for (; made < KEYS; made++)
        pthread_key_create(made ? &more : keys, NULL);
    pthread_setspecific(key_of(g, &value),
                        (void *)(uintptr_t)((g + 1) << SHIFT | word));
}
