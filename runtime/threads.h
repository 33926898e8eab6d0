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
 * nothing. With mm_marks, too, most blocks go in and out by the two inline
 * functions below, in 21 and 31 instructions.
 */
#ifndef THREADS_H
#define THREADS_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "mm.h"

/* The lock of the process, as the magazines need it. */
struct threads_lock {
    void (*take)(void);
    void (*give)(void);
};

enum {
    THREADS_GRANULE = 16,
    THREADS_GRANULE_LOG2 = 4,
    THREADS_SIZES = 64, /* of 16 bytes to 1 KiB */
    /* Of a word of mm_marks. */
    THREADS_MARKS = 32,
    THREADS_USED = 3,
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
    int32_t left;       /* blocks that it may take yet */
    uint16_t capacity;  /* blocks that it may hold; it grows with use */
    uint16_t next_fill; /* blocks to fill it with when it is empty; likewise */
};

enum threads_state { THREADS_NEW, THREADS_ALIVE, THREADS_ENDED };

/*
 * What a thread has of its own. `granules` is the one word that the inline
 * functions test: while it is 0, they do nothing. Else it is `ready`, the
 * number of granules that had marks when the thread last took the lock for a
 * magazine. They clear it while they change a
 * magazine, so that a signal handler leaves the magazines alone.
 */
struct thread {
    /* By granules. None has size 0: magazine 0 holds and takes nothing. */
    struct magazine magazine[THREADS_SIZES + 1];
    size_t granules, ready; /* ready: 0 unless the magazines may be used */
    bool inside;            /* a call other than those two is under way */
    uint8_t state;          /* enum threads_state */
    unsigned purges_seen;
};

#define THREADS_HIDDEN __attribute__((visibility("hidden")))

extern __thread struct thread threads_self THREADS_HIDDEN
    __attribute__((tls_model("initial-exec")));
extern struct mm_marks threads_marks THREADS_HIDDEN;
extern uintptr_t threads_key THREADS_HIDDEN; /* in each block of a magazine */

/* &threads_self, computed once: the compiler would do so for each field. */
static inline struct thread *threads_current(void)
{
    struct thread *self = &threads_self;

    __asm__("" : "+r"(self));
    return self;
}

/* Does the calling thread interrupt itself in the middle of a call? */
static inline bool threads_busy(void)
{
    return threads_self.inside || threads_self.granules != threads_self.ready;
}

/* Let signal handlers see the thread busy, until threads_leave. */
static inline void threads_enter(void)
{
    threads_self.inside = true;
    threads_self.granules = 0;
    atomic_signal_fence(memory_order_seq_cst);
}

static inline void threads_leave(void)
{
    atomic_signal_fence(memory_order_seq_cst);
    threads_self.granules = threads_self.ready;
    threads_self.inside = false;
}

/* Take the first block out of a magazine that is not empty. */
static inline void *magazine_pop(struct magazine *m)
{
    struct magazine_block *block = m->first;

    m->first = block->next;
    m->left++;
    block->key = 0;
    return block;
}

/* Put a block, for which left has been counted, first into a magazine. */
static inline void magazine_link(struct magazine *m,
                                 struct magazine_block *block, uintptr_t key)
{
    block->next = m->first;
    block->key = key;
    m->first = block;
}

/* Put a block first into a magazine. */
static inline void magazine_push(struct magazine *m,
                                 struct magazine_block *block, uintptr_t key)
{
    magazine_link(m, block, key);
    m->left--;
}

/*
 * A block for size bytes out of the calling thread's magazines, without a lock;
 * NULL if none has one.
 */
static inline void *threads_pop(size_t size)
{
    struct thread *self = threads_current();
    size_t granules = (size + THREADS_GRANULE - 1) / THREADS_GRANULE;
    size_t ready = self->granules;
    void *block = NULL;

    if (ready == 0 || granules > THREADS_SIZES)
        return NULL;
    struct magazine *m = &self->magazine[granules];
    self->granules = 0;
    atomic_signal_fence(memory_order_seq_cst);
    if (__builtin_expect(m->first != NULL, true))
        block = magazine_pop(m);
    atomic_signal_fence(memory_order_seq_cst);
    self->granules = ready;
    return block;
}

/*
 * Put a block into the calling thread's magazine for its size, without a lock.
 * False, and nothing is done, if the magazine is full, if one word of marks
 * does not show the size, or if the block may not be in use.
 */
static inline bool threads_push(void *block)
{
    struct thread *self = threads_current();
    size_t offset = (size_t)((char *)block - threads_marks.base);
    size_t g = offset >> THREADS_GRANULE_LOG2 |
               offset << (8 * sizeof offset - THREADS_GRANULE_LOG2);
    size_t ready = self->granules;

    if (g >= ready)
        return false;
    size_t shift = 2 * g; /* the processor takes it modulo 64 */
    __asm__("" : "+r"(shift));
    uint64_t marks = threads_marks.end[~(g / THREADS_MARKS)] >>
                     shift % (2 * THREADS_MARKS);
    marks -= THREADS_USED; /* two zeros, where the block is in use */
    if (marks == 0)
        return false;
    /* The block's size in granules, twice: not divided, for speed. */
    size_t bits = (size_t)__builtin_ctzll(marks) & (2 * THREADS_MARKS - 2);
    struct magazine *m =
        (void *)((char *)self->magazine + bits * (sizeof *m / 2));
    uintptr_t key = threads_key;
    self->granules = 0;
    atomic_signal_fence(memory_order_seq_cst);
    bool taken = --m->left >= 0 && ((struct magazine_block *)block)->key != key;
    if (__builtin_expect(taken, true)) {
        magazine_link(m, block, key);
    } else {
        __asm__("" : "+m"(m->left)); /* no register keeps it for this path */
        m->left++;
    }
    atomic_signal_fence(memory_order_seq_cst);
    self->granules = ready;
    return taken;
}

/*
 * For the functions below the thread is busy (threads_enter).
 *
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
