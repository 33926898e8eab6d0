/*
 * threads.h - thread caches: free small blocks that a thread keeps.
 *
 * To take the lock for every block is slow where there are several threads.
 * So each thread has a magazine for each small size, a list of free blocks:
 * the thread frees into it and allocates from it. The lock is taken once for
 * many blocks: to refill an empty magazine, or to flush half of a full one.
 *
 * This needs an allocator that returns the size of a block in use without a
 * lock (mm.h: mm_size_unlocked). With any other, every request is passed on:
 * threads_allocate returns NULL and threads_free false.
 *
 * Sizes are bytes. The caller does not hold the lock.
 */
#ifndef THREADS_H
#define THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* How to take and give back the lock that guards the allocator. */
struct threads_lock {
    void (*take)(void);
    void (*give)(void);
};

enum {
    THREADS_GRANULE = 16,
    THREADS_SIZES = 64, /* how many: 16, 32, ... 1024 bytes */
};

/* A block in a magazine. The key tells it from a block in use: threads.c. */
struct cached_block {
    struct cached_block *next;
    uintptr_t key;
};

/*
 * The free blocks of one size that a thread keeps. It has none before the
 * thread's first request and after its end.
 */
struct magazine {
    struct cached_block *first;
    unsigned count;    /* blocks in the list */
    unsigned refill;   /* blocks to get at the next refill; grows with each */
    unsigned capacity; /* blocks at most; grows with each refill */
};

/* The calling thread's magazines, and whether it has ever used them. */
extern __thread struct magazine threads_magazine[THREADS_SIZES]
    __attribute__((tls_model("initial-exec")));
extern __thread bool threads_started __attribute__((tls_model("initial-exec")));

/* Take the first block; the magazine is not empty. */
static inline void *magazine_pop(struct magazine *m)
{
    struct cached_block *block = m->first;

    m->first = block->next;
    m->count--;
    block->key = 0;
    return block;
}

/* A block of at least size bytes from a magazine; NULL where it is empty. */
static inline void *threads_pop_cached(size_t size)
{
    size_t index = (size - 1) / THREADS_GRANULE;

    if (index >= THREADS_SIZES || !threads_magazine[index].first)
        return NULL;
    return magazine_pop(&threads_magazine[index]);
}

/* The same, after a refill if need be; size > 0. NULL: ask the allocator. */
void *threads_allocate(size_t size, const struct threads_lock *lock);

/* Abort with one line on stderr where the block is in a magazine, so free. */
void threads_check_in_use(const void *block);

/* Put a block into the thread's magazine; false: give it to the allocator. */
bool threads_free(void *block, const struct threads_lock *lock);

#endif
