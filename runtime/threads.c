/*
 * threads.c - a magazine for each thread and small size.
 *
 *      magazine     block                block
 *      | first | -> | next | key | -> ... | 0 | key |
 *      | count |
 *      | fill  |
 *
 * For the allocator, a block in a magazine is in use. So that a second free of
 * the block is found here, the block has a key in its second word: a random
 * number, which a block in use has there with a probability of 2^-64. A
 * program that writes into a freed block may overwrite the key; then the
 * allocator finds the second free, when the magazine is flushed.
 *
 *   I1  The blocks of a magazine have its size, and count is their number.
 *   I2  A magazine has at most capacity blocks, together at most MAX_BYTES.
 *   I3  A thread that ends leaves no block in its magazines.
 *
 * Magazines: J. Bonwick and J. Adams, "Magazines and Vmem", 2001.
 */
#include "threads.h"

#include <pthread.h>
#include <inttypes.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <unistd.h>

#include "mm.h"

#pragma weak mm_size_unlocked
#pragma weak mm_purge_count

enum {
    GRANULE = THREADS_GRANULE,
    SIZES = THREADS_SIZES,
    MAX_BYTES = 32768, /* in a magazine */
    FIRST_REFILL = 4,  /* blocks that a thread's first refill gets; */
    MAX_REFILL = 128   /* each gets twice as many as the last, up to this */
};

enum thread_state { NOT_STARTED, CACHING, ENDED };

__thread struct magazine threads_magazine[SIZES];
__thread bool threads_started;
static __thread enum thread_state thread_state
    __attribute__((tls_model("initial-exec")));
static __thread unsigned purges_seen __attribute__((tls_model("initial-exec")));

static const struct threads_lock *lock_at_end;
static pthread_key_t at_end;
static bool have_at_end;
static uintptr_t cached_key = (uintptr_t)0x9e3779b97f4a7c15; /* until chosen */
static bool key_chosen;

/* Not in a constructor: constructors of other libraries allocate before it. */
static void choose_cached_key(void)
{
    if (getrandom(&cached_key, sizeof cached_key, GRND_NONBLOCK) !=
        sizeof cached_key)
        cached_key = (uintptr_t)&cached_key * 2654435761u;
    cached_key |= 1;
}

/* The capacity at which a magazine stops growing (I2). */
static unsigned max_capacity(size_t index)
{
    return (unsigned)(MAX_BYTES / ((index + 1) * GRANULE));
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* The limits of a magazine that has not been used yet. */
static void reset_limits(struct magazine *m)
{
    m->refill = FIRST_REFILL;
    m->capacity = 2 * FIRST_REFILL;
}

static void push(struct magazine *m, struct cached_block *block)
{
    block->next = m->first;
    block->key = cached_key;
    m->first = block;
    m->count++;
}

/* Free blocks until `left` are left. The caller holds the lock. */
static void flush(struct magazine *m, unsigned left)
{
    while (m->count > left)
        mm_free(magazine_pop(m));
}

/* Flush all magazines and reset their limits. The caller holds the lock. */
static void flush_all(void)
{
    for (size_t i = 0; i < SIZES; i++) {
        flush(&threads_magazine[i], 0);
        reset_limits(&threads_magazine[i]);
    }
}

/* The destructor of at_end: called when a thread ends (I3). */
static void end_thread(void *unused)
{
    (void)unused;
    thread_state = ENDED;
    lock_at_end->take();
    flush_all();
    lock_at_end->give();
}

/*
 * Let end_thread be called when this thread ends. False where it was called
 * already, or cannot be.
 */
static __attribute__((noinline)) bool
start_thread(const struct threads_lock *lock)
{
    threads_started = true;
    if (thread_state == ENDED || !mm_size_unlocked)
        return false;
    thread_state = ENDED; /* while pthread_* may need memory */
    lock->take();
    if (!key_chosen)
        choose_cached_key();
    key_chosen = true;
    lock_at_end = lock;
    have_at_end = have_at_end || pthread_key_create(&at_end, end_thread) == 0;
    lock->give();
    if (!have_at_end || pthread_setspecific(at_end, &thread_state) != 0)
        return false;
    for (size_t i = 0; i < SIZES; i++)
        reset_limits(&threads_magazine[i]);
    thread_state = CACHING;
    return true;
}

/* Get m->refill blocks from the allocator, fewer where memory ends. */
static void refill(struct magazine *m, size_t index,
                   const struct threads_lock *lock)
{
    unsigned n = m->refill;

    m->capacity = smaller(2 * m->capacity, max_capacity(index));
    m->refill = smaller(smaller(2 * n, MAX_REFILL), m->capacity / 2);
    lock->take();
    for (void *block; n > 0; n--) {
        block = mm_malloc((index + 1) * GRANULE);
        if (!block)
            break;
        push(m, block);
    }
    lock->give();
}

void *threads_allocate(size_t size, const struct threads_lock *lock)
{
    size_t index = (size - 1) / GRANULE;

    if (index >= SIZES || (thread_state != CACHING && !start_thread(lock)))
        return NULL;
    struct magazine *m = &threads_magazine[index];
    if (!m->first)
        refill(m, index, lock);
    return m->first ? magazine_pop(m) : NULL;
}

/* The message of mm.c. For so few digits snprintf needs no malloc. */
static _Noreturn void double_free(const void *block)
{
    char line[64];
    int length = snprintf(line, sizeof line,
                          "mm: this block is free already: 0x%016" PRIxPTR "\n",
                          (uintptr_t)block);

    (void)!write(STDERR_FILENO, line, (size_t)length);
    abort();
}

/* The size of a block in use that a magazine may get; 0: no magazine may. */
static inline size_t cacheable_size(const void *block)
{
    size_t size = mm_size_unlocked(block);

    if (size == 0 || size / GRANULE > SIZES)
        return 0;
    if (((const struct cached_block *)block)->key == cached_key)
        double_free(block);
    return size;
}

void threads_check_in_use(const void *block)
{
    if (mm_size_unlocked)
        cacheable_size(block);
}

/* Whether the allocator has purged since this thread last asked. */
static bool purged_since_last_look(void)
{
    unsigned before = purges_seen;

    if (mm_purge_count)
        purges_seen = mm_purge_count();
    return purges_seen != before;
}

/*
 * The magazine has more blocks than its capacity. A thread that frees blocks of
 * other threads gets a larger capacity, then flushes half. After a purge, most
 * of the program's memory is free: then the thread keeps no blocks.
 */
static __attribute__((noinline)) void overflow(struct magazine *m, size_t index,
                                               const struct threads_lock *lock)
{
    lock->take();
    if (purged_since_last_look()) {
        flush_all();
    } else if (m->capacity < max_capacity(index)) {
        m->capacity = smaller(2 * m->capacity, max_capacity(index));
    } else {
        flush(m, m->capacity / 2);
    }
    lock->give();
}

bool threads_free(void *block, const struct threads_lock *lock)
{
    if (thread_state != CACHING && !start_thread(lock))
        return false;
    size_t size = cacheable_size(block);
    if (size == 0)
        return false;
    size_t index = size / GRANULE - 1;
    struct magazine *m = &threads_magazine[index];
    push(m, block);
    if (m->count > m->capacity)
        overflow(m, index, lock);
    return true;
}
