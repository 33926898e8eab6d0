/*
 * threads.c - a magazine per thread and small size.
 *
 *      magazine     block                block
 *      | first | -> | next | key | -> ... | 0 | key |
 *      | count |
 *
 * To the allocator, a block in a magazine is in use. So that a double free is
 * found here as well, such a block has a key in its second word: a random
 * number, which a block in use has there with a chance of 2^-64. A program that
 * writes into a freed block may overwrite the key. Then the allocator finds the
 * double free, when the magazine is flushed.
 *
 *   I1  The blocks of a magazine have its size, and count is their number.
 *   I2  A magazine has at most `capacity` blocks, of MAX_BYTES at most.
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
    MAX_BYTES = 32768, /* of all blocks in a magazine */
    FIRST_FILL = 4,    /* blocks that the first fill of a magazine gets */
    MAX_FILL = 128     /* blocks that any fill gets at most */
};

enum state { NEW, ALIVE, ENDED };

__thread struct magazine threads_magazine[SIZES];
__thread bool threads_started;
static __thread enum state state __attribute__((tls_model("initial-exec")));
static __thread unsigned purges_seen __attribute__((tls_model("initial-exec")));

static const struct threads_lock *lock_at_end;
static pthread_key_t at_end;
static bool have_key;
/* The key in each block of a magazine. choose_key replaces the first value. */
static uintptr_t key_of_freed = (uintptr_t)0x9e3779b97f4a7c15;
static bool key_is_chosen;

/*
 * Choose the key at random. Not in a constructor: constructors of other
 * libraries allocate before.
 */
static void choose_key(void)
{
    if (getrandom(&key_of_freed, sizeof key_of_freed, GRND_NONBLOCK) !=
        sizeof key_of_freed)
        key_of_freed = (uintptr_t)&key_of_freed * 2654435761u;
    key_of_freed |= 1;
}

/* The largest capacity of a magazine for that size. */
static unsigned limit(size_t index)
{
    return (unsigned)(MAX_BYTES / ((index + 1) * GRANULE));
}

static unsigned min(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* Make an empty magazine as it is before its first use. */
static void reset_magazine(struct magazine *m)
{
    m->next_fill = FIRST_FILL;
    m->capacity = 2 * FIRST_FILL;
}

/* Put a block first into a magazine. */
static void push(struct magazine *m, struct magazine_block *block)
{
    block->next = m->first;
    block->key = key_of_freed;
    m->first = block;
    m->count++;
}

/* Free blocks of a magazine until `left` are left. The lock is held. */
static void flush(struct magazine *m, unsigned left)
{
    while (m->count > left)
        mm_free(magazine_pop(m));
}

/* Flush and reset all magazines of this thread. The lock is held. */
static void flush_all(void)
{
    for (size_t i = 0; i < SIZES; i++) {
        flush(&threads_magazine[i], 0);
        reset_magazine(&threads_magazine[i]);
    }
}

/* The end of a thread, as pthread_setspecific arranged for it. */
static void end(void *unused)
{
    (void)unused;
    state = ENDED;
    lock_at_end->enter();
    flush_all();
    lock_at_end->leave();
}

/*
 * Prepare the magazines of this thread, and arrange for its end. False if
 * the thread has ended, or its end cannot be known.
 */
static __attribute__((noinline)) bool begin(const struct threads_lock *lock)
{
    threads_started = true;
    if (state == ENDED || !mm_size_unlocked)
        return false;
    state = ENDED; /* while pthread_* may need memory */
    lock->take();
    if (!key_is_chosen)
        choose_key();
    key_is_chosen = true;
    lock_at_end = lock;
    have_key = have_key || pthread_key_create(&at_end, end) == 0;
    lock->give();
    if (!have_key || pthread_setspecific(at_end, &state) != 0)
        return false;
    for (size_t i = 0; i < SIZES; i++)
        reset_magazine(&threads_magazine[i]);
    state = ALIVE;
    return true;
}

/* Take the lock, and fill an empty magazine with as many blocks as possible. */
static void fill(struct magazine *m, size_t index,
                 const struct threads_lock *lock)
{
    unsigned n = m->next_fill;

    m->capacity = min(2 * m->capacity, limit(index));
    m->next_fill = min(min(2 * n, MAX_FILL), m->capacity / 2);
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

    if (index >= SIZES || (state != ALIVE && !begin(lock)))
        return NULL;
    struct magazine *m = &threads_magazine[index];
    if (!m->first)
        fill(m, index, lock);
    return m->first ? magazine_pop(m) : NULL;
}

/* Print the message of mm.c. snprintf writes short numbers without malloc. */
static _Noreturn void double_free(const void *block)
{
    char line[64];
    int length = snprintf(line, sizeof line,
                          "mm: this block is free already: 0x%016" PRIxPTR "\n",
                          (uintptr_t)block);

    (void)!write(STDERR_FILENO, line, (size_t)length);
    abort();
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
    if (((const struct magazine_block *)block)->key == key_of_freed)
        double_free(block);
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
    unsigned before = purges_seen;

    if (mm_purge_count)
        purges_seen = mm_purge_count();
    return purges_seen != before;
}

/*
 * A magazine holds more than its capacity. A thread that frees the blocks of
 * other threads gets more capacity, up to the limit; then half the blocks are
 * freed. After a purge the program frees most of its memory, so all magazines
 * are flushed.
 */
static __attribute__((noinline)) void overflow(struct magazine *m, size_t index,
                                               const struct threads_lock *lock)
{
    lock->take();
    if (purged_since()) {
        flush_all();
    } else if (m->capacity < limit(index)) {
        m->capacity = min(2 * m->capacity, limit(index));
    } else {
        flush(m, m->capacity / 2);
    }
    lock->give();
}

bool threads_free(void *block, const struct threads_lock *lock)
{
    if (state != ALIVE && !begin(lock))
        return false;
    size_t size = size_if_small(block);
    if (size == 0)
        return false;
    size_t index = size / GRANULE - 1;
    struct magazine *m = &threads_magazine[index];
    push(m, block);
    if (m->count > m->capacity)
        overflow(m, index, lock);
    return true;
}
