/*
 * threads.c - a magazine per thread and small size.
 *
 *      magazine     block                block
 *      | first | -> | next | key | -> ... | 0 | key |
 *      | left  |
 *
 * To the allocator, a block in a magazine is in use. So that a double free is
 * found here as well, such a block has a key in its second word: a random
 * number, which a block in use has there with a chance of 2^-64. A program that
 * writes into a freed block may overwrite the key. Then the allocator finds the
 * double free, when the magazine is flushed.
 *
 *   I1  The blocks of a magazine have its size, and they and `left` add up to
 *       `capacity`.
 *   I2  Blocks of `capacity` have MAX_BYTES at most together.
 *   I3  A thread that ends leaves no block in its magazines.
 *
 * Magazines: J. Bonwick and J. Adams, "Magazines and Vmem", 2001.
 */
#include "threads.h"

#include "misuse.h"

#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>

#pragma weak mm_size_unlocked
#pragma weak mm_purge_count
#pragma weak mm_marks

enum {
    GRANULE = THREADS_GRANULE,
    SIZES = THREADS_SIZES,
    MAX_BYTES = 32768, /* of all blocks in a magazine */
    FIRST_FILL = 4,    /* blocks that the first fill of a magazine gets */
    MAX_FILL = 128     /* blocks that any fill gets at most */
};

__thread struct thread threads_self;
struct mm_marks threads_marks;
/* choose_key replaces the first value. */
uintptr_t threads_key = (uintptr_t)0x9e3779b97f4a7c15;

static const struct threads_lock *lock_at_end;
static pthread_key_t at_end;
static bool have_key;
static bool key_is_chosen;

/*
 * Choose the key at random. Not in a constructor: constructors of other
 * libraries allocate before.
 */
static void choose_key(void)
{
    if (getrandom(&threads_key, sizeof threads_key, GRND_NONBLOCK) !=
        sizeof threads_key)
        threads_key = (uintptr_t)&threads_key * 2654435761u;
    threads_key |= 1;
}

/* The largest capacity of a magazine for blocks of that size. */
static unsigned limit(size_t granules)
{
    return (unsigned)(MAX_BYTES / (granules * GRANULE));
}

static unsigned min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Make an empty magazine as it is before its first use. */
static void reset_magazine(struct magazine *m)
{
    *m = (struct magazine){.left = 2 * FIRST_FILL,
                           .capacity = 2 * FIRST_FILL,
                           .next_fill = FIRST_FILL};
}

static void enlarge(struct magazine *m, size_t granules)
{
    unsigned before = m->capacity;

    m->capacity = (uint16_t)min(2 * before, limit(granules));
    m->left += (int32_t)(m->capacity - before);
}

/* Free blocks of a magazine until that many are left. The lock is held. */
static void flush(struct magazine *m, unsigned blocks)
{
    while (m->capacity - m->left > (int32_t)blocks)
        mm_free(magazine_pop(m));
}

/* Flush and reset all magazines of this thread. The lock is held. */
static void flush_all(void)
{
    for (size_t i = 1; i <= SIZES; i++) {
        flush(&threads_self.magazine[i], 0);
        reset_magazine(&threads_self.magazine[i]);
    }
}

/* The end of a thread, as pthread_setspecific arranged for it. */
static void end(void *unused)
{
    (void)unused;
    threads_enter();
    threads_self.state = THREADS_ENDED;
    threads_self.ready = 0;
    lock_at_end->take();
    flush_all();
    lock_at_end->give();
    threads_leave();
}

/* How many granules have marks by now. The lock is held. */
static size_t marked_granules(void)
{
    return mm_marks ? mm_marks().granules : 0;
}

/*
 * Let `end` be called at this thread's end. The C library may need memory for
 * that: with 32 keys before ours, some for each thread. So the thread is not
 * busy meanwhile, or the memory would come from the reserve of signal handlers.
 */
static bool arrange_end(void)
{
    threads_leave();
    bool arranged = pthread_setspecific(at_end, &threads_self) == 0;
    threads_enter();
    return arranged;
}

/*
 * Prepare the magazines of this thread, and arrange for its end. False if
 * the thread has ended, or its end cannot be known.
 */
static __attribute__((noinline)) bool begin(const struct threads_lock *lock)
{
    struct thread *self = &threads_self;

    if (self->state == THREADS_ENDED)
        return false;
    self->state = THREADS_ENDED; /* while pthread_* may need memory */
    if (!mm_size_unlocked)
        return false;
    lock->take();
    if (!key_is_chosen)
        choose_key();
    key_is_chosen = true;
    if (mm_marks && !threads_marks.end)
        threads_marks = mm_marks();
    size_t ready = marked_granules();
    lock_at_end = lock;
    have_key = have_key || pthread_key_create(&at_end, end) == 0;
    lock->give();
    if (!have_key || !arrange_end())
        return false;
    for (size_t i = 1; i <= SIZES; i++)
        reset_magazine(&self->magazine[i]);
    self->state = THREADS_ALIVE;
    self->ready = ready;
    return true;
}

/* Take the lock, and fill an empty magazine with as many blocks as possible. */
static void fill(struct magazine *m, size_t granules,
                 const struct threads_lock *lock)
{
    unsigned n = m->next_fill;

    enlarge(m, granules);
    m->next_fill = (uint16_t)min(min(2 * n, MAX_FILL), m->capacity / 2);
    lock->take();
    threads_self.ready = marked_granules();
    for (void *block; n > 0; n--) {
        block = mm_malloc(granules * GRANULE);
        if (!block)
            break;
        magazine_push(m, block, threads_key);
    }
    lock->give();
}

void *threads_allocate(size_t size, const struct threads_lock *lock)
{
    size_t granules = (size - 1) / GRANULE + 1;

    if (granules > SIZES ||
        (threads_self.state != THREADS_ALIVE && !begin(lock)))
        return NULL;
    struct magazine *m = &threads_self.magazine[granules];
    if (!m->first)
        fill(m, granules, lock);
    return m->first ? magazine_pop(m) : NULL;
}

/*
 * Bytes of the block if there are magazines for its size, else 0. Ends the
 * program if the block lies in a magazine.
 */
static inline size_t size_if_small(const void *block)
{
    size_t size = mm_size_unlocked(block);

    if (size == 0 || size / GRANULE > SIZES)
        return 0;
    if (((const struct magazine_block *)block)->key == threads_key)
        misuse_found("this block is free already", block);
    return size;
}

void threads_check_in_use(const void *block)
{
    if (mm_size_unlocked)
        size_if_small(block);
}

/* Has the allocator purged since this thread last asked? The lock is held. */
static bool purged_since(void)
{
    unsigned before = threads_self.purges_seen;

    if (mm_purge_count)
        threads_self.purges_seen = mm_purge_count();
    return threads_self.purges_seen != before;
}

/*
 * A magazine is full. A thread that frees the blocks of other threads gets more
 * capacity, up to the limit; then half the blocks are freed. After a purge the
 * program frees most of its memory, so all magazines are flushed.
 */
static __attribute__((noinline)) void make_room(struct magazine *m,
                                                size_t granules,
                                                const struct threads_lock *lock)
{
    lock->take();
    threads_self.ready = marked_granules();
    if (purged_since())
        flush_all();
    else if (m->capacity < limit(granules))
        enlarge(m, granules);
    else
        flush(m, m->capacity / 2);
    lock->give();
}

bool threads_free(void *block, const struct threads_lock *lock)
{
    if (threads_self.state != THREADS_ALIVE && !begin(lock))
        return false;
    size_t granules = size_if_small(block) / GRANULE;
    if (granules == 0)
        return false;
    struct magazine *m = &threads_self.magazine[granules];
    if (m->left <= 0)
        make_room(m, granules, lock);
    magazine_push(m, block, threads_key);
    return true;
}
