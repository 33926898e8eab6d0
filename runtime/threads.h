/*
 * threads.h - small blocks that a thread keeps for itself.
 *
 * One lock for every block is slow where there are several threads, and not
 * fast where there is one. Here each thread has a magazine for each small size: what it frees goes in, what
 * it asks for comes out, and the lock is taken once for many of them, to fill
 * one that is empty, or to empty half of one that is full.
 *
 * Only with an allocator that tells the size of a block in use without a lock
 * (mm_size_unlocked); with any other these functions do nothing.
 */
#ifndef THREADS_H
#define THREADS_H

#include <stdbool.h>
#include <stddef.h>

/*
 * Optional export of an allocator: bytes of the block in use at ptr, also while
 * other threads are in the allocator; 0 where none begins there, or it cannot
 * be told.
 */
size_t mm_size_unlocked(const void *ptr);

/*
 * Optional as well: much was freed of late, and not asked for again. Called
 * with the lock held.
 */
bool mm_shrinks(void);

/* The lock of the process, as the magazines need it. */
struct threads_lock {
    void (*take)(void);
    void (*give)(void);
};

/* A block from the caller's magazines; NULL: ask the allocator. */
void *threads_take(size_t size, const struct threads_lock *lock);

/* End the program where the block lies in a magazine: it is free already. */
void threads_check(const void *block);

/* Put a block into the caller's magazines; false: it belongs elsewhere. */
bool threads_put(void *block, const struct threads_lock *lock);

#endif
