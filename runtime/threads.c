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
    MOST_BYTES = 32768, /* in a magazine */
    FEW = 4,            /* blocks that a magazine is filled with, at first, */
    MOST_AT_ONCE = 128  /* and later */
};

enum state { NEW, ALIVE, ENDED };

__thread struct magazine threads_magazine[SIZES];
__thread bool threads_asked;
static __thread enum state state __attribute__((tls_model("initial-exec")));
static __thread unsigned reliefs __attribute__((tls_model("initial-exec")));

static const struct threads_lock *lock_at_end;
static pthread_key_t at_end;
static bool have_key;
static uintptr_t freed = (uintptr_t)0x9e3779b97f4a7c15; /* the key, */
static bool chosen;                                     /* better chosen */

/* Not in a constructor: those of other libraries allocate before. */
static void choose_key(void)
{
    if (getrandom(&freed, sizeof freed, GRND_NONBLOCK) != sizeof freed)
        freed = (uintptr_t)&freed * 2654435761u;
    freed |= 1;
}

static unsigned limit(size_t index)
{
    return (unsigned)(MOST_BYTES / ((index + 1) * GRANULE));
}

static unsigned least(unsigned a, unsigned b)
{
    return a < b ? a : b;
}

/* From now on as if it had never been used. */
static void keep_few(struct magazine *m)
{
    m->fill = FEW;
    m->most = 2 * FEW;
}

static void push(struct magazine *m, struct resting *block)
{
    block->next = m->first;
    block->key = freed;
    m->first = block;
    m->count++;
}

/* Give blocks back to the allocator until `left` are left, with the lock. */
static void empty(struct magazine *m, unsigned left)
{
    while (m->count > left)
        mm_free(magazine_pop(m));
}

/* All of them, which begin anew. */
static void empty_all(void)
{
    for (size_t i = 0; i < SIZES; i++) {
        empty(&threads_magazine[i], 0);
        keep_few(&threads_magazine[i]);
    }
}

static void end(void *unused)
{
    (void)unused;
    state = ENDED;
    lock_at_end->take();
    empty_all();
    lock_at_end->give();
}

/* Arrange for the thread's end. False where it is over, or cannot be known. */
static __attribute__((noinline)) bool begin(const struct threads_lock *lock)
{
    threads_asked = true;
    if (state == ENDED || !mm_size_unlocked)
        return false;
    state = ENDED; /* while pthread_* may need memory */
    lock->take();
    if (!chosen)
        choose_key();
    chosen = true;
    lock_at_end = lock;
    have_key = have_key || pthread_key_create(&at_end, end) == 0;
    lock->give();
    if (!have_key || pthread_setspecific(at_end, &state) != 0)
        return false;
    for (size_t i = 0; i < SIZES; i++)
        keep_few(&threads_magazine[i]);
    state = ALIVE;
    return true;
}

static void fill(struct magazine *m, size_t index,
                 const struct threads_lock *lock)
{
    unsigned n = m->fill;

    m->most = least(2 * m->most, limit(index));
    m->fill = least(least(2 * n, MOST_AT_ONCE), m->most / 2);
    lock->take();
    for (void *block; n > 0; n--) {
        block = mm_malloc((index + 1) * GRANULE);
        if (!block)
            break;
        push(m, block);
    }
    lock->give();
}

void *threads_take(size_t size, const struct threads_lock *lock)
{
    size_t index = (size - 1) / GRANULE;

    if (index >= SIZES || (state != ALIVE && !begin(lock)))
        return NULL;
    struct magazine *m = &threads_magazine[index];
    if (!m->first)
        fill(m, index, lock);
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
static inline size_t size_here(const void *block)
{
    size_t size = mm_size_unlocked(block);

    if (size == 0 || size / GRANULE > SIZES)
        return 0;
    if (((const struct resting *)block)->key == freed)
        double_free(block);
    return size;
}

void threads_check(const void *block)
{
    if (mm_size_unlocked)
        size_here(block);
}

/* Was anything given back since this thread last looked? */
static bool was_relief(void)
{
    unsigned before = reliefs;

    if (mm_purge_count)
        reliefs = mm_purge_count();
    return reliefs != before;
}

/*
 * A thread whose blocks come from others may have room for more of them; while
 * most of what there is is freed, all keep few.
 */
static __attribute__((noinline)) void overflow(struct magazine *m, size_t index,
                                               const struct threads_lock *lock)
{
    lock->take();
    if (was_relief()) {
        empty_all();
    } else if (m->most < limit(index)) {
        m->most = least(2 * m->most, limit(index));
    } else {
        empty(m, m->most / 2);
    }
    lock->give();
}

bool threads_put(void *block, const struct threads_lock *lock)
{
    if (state != ALIVE && !begin(lock))
        return false;
    size_t size = size_here(block);
    if (size == 0)
        return false;
    size_t index = size / GRANULE - 1;
    struct magazine *m = &threads_magazine[index];
    push(m, block);
    if (m->count > m->most)
        overflow(m, index, lock);
    return true;
}
