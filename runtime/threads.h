/*
 * threads.h - magazines: small freed blocks that a thread keeps for itself.
 *
 * To take the lock for every block is slow, above all with several threads. So
 * each thread has a magazine, a list of freed blocks, for each small size. A
 * block that the thread frees goes into the magazine, and a block that it
 * requests comes out of it. The lock is taken for many blocks at once: to fill
 * an empty magazine, or to flush half of a full one.
 *
 * This needs an allocator that tells the size of a block in use without a lock
 * (mm.h: mm_size_unlocked). With any other allocator these functions do
 * nothing.
 */
#ifndef THREADS_H
#define THREADS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * The lock of the process, as the magazines need it. enter and leave are take
 * and give outside a call of the program; between them, as in each call, no
 * signal handler uses the thread's magazines.
 */
struct threads_lock {
    void (*take)(void);
    void (*give)(void);
    void (*enter)(void);
    void (*leave)(void);
};

enum {
    THREADS_GRANULE = 16,
    THREADS_SIZES = 64, /* of 16 bytes to 1 KiB */
};

/* A block in a magazine. The key tells it from a block in use. */
struct magazine_block {
    struct magazine_block *next;
    uintptr_t key;
};

/*
 * Freed blocks of one size. All magazines of a thread are empty before its
 * first request and after its end.
 */
struct magazine {
    struct magazine_block *first;
    unsigned count;     /* blocks in it */
    unsigned next_fill; /* blocks to fill it with when it is empty */
    unsigned capacity;  /* blocks that it may hold; both grow with use */
};

/* The calling thread's magazines, and whether it ever made a request. */
extern __thread struct magazine threads_magazine[THREADS_SIZES]
    __attribute__((tls_model("initial-exec")));
extern __thread bool threads_started __attribute__((tls_model("initial-exec")));

/* Take the first block out of a magazine that is not empty. */
static inline void *magazine_pop(struct magazine *m)
{
    struct magazine_block *block = m->first;

    m->first = block->next;
    m->count--;
    block->key = 0;
    return block;
}

/*
 * A block for size bytes out of the calling thread's magazines, without a lock;
 * NULL if none has one.
 */
static inline void *threads_pop_cached(size_t size)
{
    size_t index = (size - 1) / THREADS_GRANULE;

    if (index >= THREADS_SIZES || !threads_magazine[index].first)
        return NULL;
    return magazine_pop(&threads_magazine[index]);
}

/*
 * A block for size bytes out of a magazine, which is filled first if it is
 * empty. NULL if no magazine serves that size, or no memory is left: then
 * the caller must ask the allocator.
 */
void *threads_allocate(size_t size, const struct threads_lock *lock);

/* End the program if the block is in a magazine: it is free already. */
void threads_check_in_use(const void *block);

/*
 * Put a block into the calling thread's magazine for its size. False, and
 * nothing is done, if the caller must let the allocator free it.
 */
bool threads_free(void *block, const struct threads_lock *lock);

#endif
