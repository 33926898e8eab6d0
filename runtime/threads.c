/*
 * threads.c - a magazine for each thread and small size.
 *
 *      magazine     block                block
 *      | first | -> | next | key | -> ... | 0 | key |
 *      | count |
 *      | fill  |
 *
 * A block in a magazine is in use, as the allocator sees it. So that a block
 * that is freed twice is seen here as well, it has a key in its second word:
 * a random number that no program's block has there but by a chance of 2^-64.
 * Who writes into a freed block may wipe the key out; then the allocator finds
 * the second of the two frees, when the magazine is emptied.
 *
 *   I1  The blocks of a magazine have its size, and count is their number.
 *   I2  A magazine has at most `most` blocks, which are at most MOST_BYTES.
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
    FIRST_REFILL = 4,  /* blocks that a magazine is filled with, at first, */
    MAX_REFILL = 128   /* and later */
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
static uintptr_t cached_key = (uintptr_t)0x9e3779b97f4a7c15; /* the key, */
static bool key_chosen;                                      /* better chosen */

/* Not in a constructor: those of other libraries allocate before. */
static void choose_cached_key(void)
{
    if (getrandom(&cached_key, sizeof cached_key, GRND_NONBLOCK) !=
        sizeof cached_key)
        cached_key = (uintptr_t)&cached_key * 2654435761u;
    cached_key |= 1;
}

static unsigned max_capacity(size_t index)
{
    return (unsigned)(MAX_BYTES / ((index + 1) * GRANULE));
}

static unsigned smaller(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* From now on as if it had never been used. */
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

/* Give blocks back to the allocator until `left` are left, with the lock. */
static void flush(struct magazine *m, unsigned left)
{
    while (m->count > left)
        mm_free(magazine_pop(m));
}

/* All of them, which begin anew. */
static void flush_all(void)
{
    for (size_t i = 0; i < SIZES; i++) {
        flush(&threads_magazine[i], 0);
        reset_limits(&threads_magazine[i]);
    }
}

static void end_thread(void *unused)
{
    (void)unused;
    thread_state = ENDED;
    lock_at_end->take();
    flush_all();
    lock_at_end->give();
}

/* Arrange for the thread's end. False where it is over, or cannot be known. */
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

/* As mm.c says it. A number of so few digits snprintf writes without malloc. */
static _Noreturn void double_free(const void *block)
{
    char line[64];
    int length = snprintf(line, sizeof line,
                          "mm: this block is free already: 0x%016" PRIxPTR "\n",
                          (uintptr_t)block);

    (void)!write(STDERR_FILENO, line, (size_t)length);
    abort();
}

/* Bytes of a block that a magazine may have; 0 for any other. */
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

/* Was anything given back since this thread last looked? */
static bool purged_since_last_look(void)
{
    unsigned before = purges_seen;

    if (mm_purge_count)
        purges_seen = mm_purge_count();
    return purges_seen != before;
}

/*
 * A thread whose blocks come from others may have room for more of them; while
 * most of what there is is freed, all keep few.
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
