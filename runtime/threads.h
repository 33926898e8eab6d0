/*
 * threads.h - small blocks that a thread keeps for itself.
 *
 * One lock for every block is slow where there are several threads, and not
 * fast where there is one. Here each thread has a magazine for each small size:
 * what it frees goes in, what it asks for comes out, and the lock is taken once
 * for many of them, to fill one that is empty, or to empty half of one that is
 * full.
 *
 * Only with an allocator that tells the size of a block in use without a lock
 * (mm.h: mm_size_unlocked); with any other these functions do nothing.
 */
#ifndef THREADS_H
#define THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The lock of the process, as the magazines need it. */
struct threads_lock {
    void (*take)(void);
    void (*give)(void);
};

enum {
    THREADS_GRANULE = 16,
    THREADS_SIZES = 64, /* of 16 bytes to 1 KiB */
};

/* A block in a magazine; the key tells it from one in use. */
struct cached_block {
    struct cached_block *next;
    uintptr_t key;
};

/* Of one size. Empty: of a thread that has not begun, or has ended. */
struct magazine {
    struct cached_block *first;
    unsigned count;
    unsigned refill;   /* blocks to get when it is empty: more each time */
    unsigned capacity; /* more with each time it was too few */
};

/* The calling thread's, and whether it has ever asked for one. */
extern __thread struct magazine threads_magazine[THREADS_SIZES]
    __attribute__((tls_model("initial-exec")));
extern __thread bool threads_started __attribute__((tls_model("initial-exec")));

static inline void *magazine_pop(struct magazine *m)
{
    struct cached_block *block = m->first;

    m->first = block->next;
    m->count--;
    block->key = 0;
    return block;
}

/* A block that is in one of them already; NULL where none is of that size. */
static inline void *threads_pop_cached(size_t size)
{
    size_t index = (size - 1) / THREADS_GRANULE;

    if (index >= THREADS_SIZES || !threads_magazine[index].first)
        return NULL;
    return magazine_pop(&threads_magazine[index]);
}

/* The same, or one that is got now, with others. NULL: ask the allocator. */
void *threads_allocate(size_t size, const struct threads_lock *lock);

/* End the program where the block lies in a magazine: it is free already. */
void threads_check_in_use(const void *block);

/* Put a block into the caller's magazines; false: it belongs elsewhere. */
bool threads_free(void *block, const struct threads_lock *lock);

#endif
