/*
 * conformance.h - what all libraries promise alike, as tests.
 *
 * Addresses show what was split, merged and resized in place: blocks that are
 * asked for one after the other adjoin.
 */
#ifndef CONFORMANCE_H
#define CONFORMANCE_H

#include "subject.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <sys/time.h>

/* ---- Blocks. ---- */

static void payloads_are_aligned_and_apart(void)
{
    enum { COUNT = 1000 };
    static unsigned char *p[COUNT];

    for (unsigned i = 1; i < COUNT; i++)
        p[i] = fresh(i, i);
    for (unsigned i = 1; i < COUNT; i++)
        CHECK(filled(p[i], room(p[i], i), i));
    for (unsigned i = 1; i < COUNT; i += 2)
        release(p[i]);
    for (unsigned i = 2; i < COUNT; i += 2)
        CHECK(filled(p[i], room(p[i], i), i));
}

static void blocks_of_all_sizes_hold_them(void)
{
    unsigned char *p[sizeof sizes / sizeof *sizes];

    for (unsigned i = 0; i < size_count(); i++)
        p[i] = fresh(sizes[i], i);
    for (unsigned i = 0; i < size_count(); i++) {
        CHECK(filled(p[i], sizes[i], i));
        release(p[i]);
        for (unsigned k = i + 1; k < size_count(); k++)
            CHECK(filled(p[k], sizes[k], k));
    }
}

/* A header, and the payload rounded up. */
static void small_blocks_take_little(void)
{
    unsigned char *p[3];

    for (size_t size = 1; size <= 100; size++)
        lay_row(p, 3, size);
}

static void freed_memory_is_used_again(void)
{
    unsigned char *p = allocate(3000);
    char *brk = brk_now();

    for (unsigned i = 0; i < 20000; i++) {
        release(p);
        p = fresh(i % 3000 + 1, i);
    }
    CHECK(brk_now() == brk);
}

static void splits_what_is_too_large(void)
{
    unsigned char *p[2];

    lay_row(p, 2, payload(1024));
    release(p[0]);
    char *brk = brk_now();
    CHECK(fresh(payload(256), 2) == p[0]);
    CHECK(fresh(payload(320), 3) == p[0] + 256);
    CHECK(fresh(payload(448), 4) == p[0] + 576);
    CHECK(filled(p[1], payload(1024), 1) && brk_now() == brk);
    release(p[0] + 256), release(p[0] + 576), release(p[0]);
    CHECK(fresh(payload(1024), 2) == p[0]);
}

/* A rest too small for a block stays with the block, and comes back with it;
 * the smallest block is split off. */
static void splinters_are_not_lost(void)
{
    size_t whole = payload(128);
    unsigned char *p[2];

    lay_row(p, 2, whole);
    for (size_t size = 1; size <= whole; size++) {
        bool splits = 128 - stride(size) >= subject.min_block;

        release(p[0]);
        CHECK(fresh(size, 2) == p[0]);
        if (subject.usable)
            CHECK(room(p[0], size) == (splits ? payload(stride(size)) : whole));
        void *rest = splits ? allocate(1) : NULL;
        CHECK(!splits || rest == p[0] + stride(size));
        CHECK(splits || resize(p[0], whole) == p[0]);
        CHECK(resize(p[0], size) == p[0]);
        release(rest), release(p[0]);
        CHECK(fresh(whole, 2) == p[0] && filled(p[1], whole, 1));
    }
}

/* Three neighbours between two in use, freed in each order. */
static void coalesces_in_any_order(void)
{
    static const int orders[6][3] = {{1, 2, 3}, {1, 3, 2}, {2, 1, 3},
                                     {2, 3, 1}, {3, 1, 2}, {3, 2, 1}};
    size_t whole = payload(3 * 1024);

    for (int i = 0; i < 6; i++) {
        unsigned char *p[5];

        lay_row(p, 5, payload(1024));
        for (int k = 0; k < 3; k++)
            release(p[orders[i][k]]);
        char *brk = brk_now();
        CHECK(fresh(whole, 9) == p[1] && brk_now() == brk);
        CHECK(filled(p[0], payload(1024), 0));
        CHECK(filled(p[4], payload(1024), 4));
    }
}

static void neighbours_in_use_do_not_merge(void)
{
    size_t size = payload(1024);
    unsigned char *p[3];

    lay_row(p, 3, size);
    release(p[1]);
    CHECK(fresh(size + 1, 7) != p[1]);
    CHECK(filled(p[0], size, 0) && filled(p[2], size, 2));
    CHECK(is_free_for(size, p[1]));
}

static inline unsigned random_below(unsigned *state, unsigned bound)
{
    *state = *state * 1664525u + 1013904223u;
    return (*state >> 8) % bound;
}

static void all_memory_comes_back(void)
{
    enum { COUNT = 300 };
    unsigned char *p[COUNT];
    unsigned state = 1;

    for (unsigned i = 0; i < COUNT; i++)
        p[i] = fresh(1 + random_below(&state, 1000), i);
    for (unsigned i = COUNT; i > 0; i--) {
        unsigned k = random_below(&state, i);

        release(p[k]);
        p[k] = p[i - 1];
    }
    CHECK(subject.is_whole());
}

/* ---- Zero, NULL, too much. ---- */

static void zero_bytes(void)
{
    errno = NEVER;
    void *p[] = {allocate(0),           allocate_zeroed(0, 0),
                 allocate_zeroed(0, 5), allocate_zeroed(SIZE_MAX, 0),
                 resize(NULL, 0),       allocate_zeroed(0, SIZE_MAX)};

    for (int i = 0; i < 6; i++)
        if (subject.zero_is_null)
            CHECK(null_without_error(p[i]));
        else
            check_new(p[i], 0, (unsigned)i);
    for (int i = 0; i < 6 && !subject.zero_is_null; i++) {
        CHECK(filled(p[i], room(p[i], 0), (unsigned)i));
        release(p[i]);
    }
}

static void null_is_no_block(void)
{
    errno = NEVER;
    release(NULL);
    CHECK(errno == NEVER && (!subject.usable || subject.usable(NULL) == 0));
    unsigned char *p = check_new(resize(NULL, 1000), 1000, 1);
    unsigned char *q =
        check_new(resize(NULL, subject.largest), subject.largest, 2);
    CHECK(errno_is_kept());
    CHECK(filled(p, 1000, 1) && filled(q, subject.largest, 2));
}

static inline void check_refusal(size_t size, void *small, void *large)
{
    CHECK(no_memory(allocate(size)));
    CHECK(no_memory(allocate_zeroed(1, size)));
    CHECK(no_memory(allocate_zeroed(size, 1)));
    CHECK(no_memory(resize(NULL, size)));
    CHECK(no_memory(resize(small, size)));
    CHECK(no_memory(resize(large, size)));
}

/* A sum of each size and a header wraps around or is negative. */
static void too_much_is_refused(void)
{
    static const size_t less[] = {0,  1,  7,    15,   16,    31,   32,
                                  40, 64, 4096, 8192, 16384, 16392};
    unsigned char *small = fresh(100, 1), *large = fresh(subject.largest, 2);
    size_t space = address_space();
    char *brk = brk_now();

    for (size_t i = 0; i < sizeof less / sizeof *less; i++) {
        check_refusal(SIZE_MAX - less[i], small, large);
        check_refusal(PTRDIFF_MAX - less[i], small, large);
        check_refusal((size_t)PTRDIFF_MAX + 1 + less[i], small, large);
        CHECK(brk_now() == brk && address_space() == space);
    }
    CHECK(filled(small, 100, 1) && filled(large, subject.largest, 2));
    CHECK(resize(small, 100) == small);
    CHECK(resize(large, subject.largest) == large);
}

/* Products that overflow to nothing, to little and to much. */
static void overflow_is_refused(void)
{
    const size_t root = (size_t)1 << (sizeof(size_t) * 4);
    const size_t half = SIZE_MAX / 2 + 1;

    CHECK(no_memory(allocate_zeroed(root, root)));
    CHECK(no_memory(allocate_zeroed(root + 1, root)));
    CHECK(no_memory(allocate_zeroed(root, root + 1)));
    CHECK(no_memory(allocate_zeroed(half, 2)));
    CHECK(no_memory(allocate_zeroed(2, half)));
    CHECK(no_memory(allocate_zeroed(half + 1, 2)));
    CHECK(no_memory(allocate_zeroed(2, half + 8)));
    CHECK(no_memory(allocate_zeroed(SIZE_MAX / 16 + 2, 16)));
    CHECK(no_memory(allocate_zeroed(16, SIZE_MAX / 16 + 20)));
    CHECK(no_memory(allocate_zeroed(SIZE_MAX, SIZE_MAX)));
}

static void errno_is_left_alone(void)
{
    errno = NEVER;
    void *p[] = {allocate(100),
                 allocate(subject.largest),
                 allocate_zeroed(10, 10),
                 allocate_zeroed(subject.largest / 2, 2),
                 resize(allocate(100), subject.largest),
                 resize(allocate(subject.largest), 100)};

    CHECK(errno_is_kept());
    errno = NEVER;
    for (int i = 0; i < 6; i++)
        release(p[i]);
    CHECK(errno == NEVER);
}

/* ---- Zeros. ---- */

static void zeroes_used_memory(void)
{
    static const size_t counts[] = {1, 2, 3, 14, 125, 500};

    for (int i = 0; i < 6; i++)
        for (size_t extra = 0; extra < 2; extra++) {
            size_t size = counts[i] * (8 - extra);
            unsigned char *p[2];

            lay_row(p, 2, size);
            memset(p[0], 0xff, room(p[0], size));
            release(p[0]);
            CHECK(allocate_zeroed(counts[i], 8 - extra) == p[0]);
            CHECK(all_are(p[0], size, 0) && filled(p[1], size, 1));
        }
}

/* Also where memory has gone back to the system and come again. */
static void zeroes_blocks_of_all_sizes(void)
{
    for (size_t i = 0; i < 3 * size_count(); i++) {
        size_t size = sizes[i / 3];
        unsigned char *p = allocate_zeroed(1, size);

        CHECK(is_aligned(p, ALIGN) && all_are(p, size, 0));
        memset(p, 0xff, room(p, size));
        release(p);
    }
}

/* ---- Resizing. ---- */

static void resize_to_zero_frees(void)
{
    unsigned char *p[2];

    lay_row(p, 2, 1000);
    errno = NEVER;
    CHECK(null_without_error(resize(p[0], 0)));
    CHECK(allocate(1000) == p[0]);
}

static void check_resize(size_t from, size_t to, unsigned seed)
{
    unsigned char *p = fresh(from, seed),
                  *wall = seed % 2 ? fresh(50, 9) : NULL;

    errno = NEVER;
    unsigned char *q = resize(p, to);
    CHECK(errno_is_kept() && is_aligned(q, ALIGN));
    CHECK(q == p || to > from || from > subject.heap_most);
    CHECK(filled(q, least(from, to), seed));
    CHECK(room(q, to) >= to);
    fill(q, room(q, to), seed + 1);
    CHECK(!wall || filled(wall, 50, 9));
    release(q);
    release(wall);
}

static void resize_keeps_contents(void)
{
    for (unsigned i = 0; i < size_count(); i++)
        for (unsigned k = 0; k < size_count(); k++)
            for (unsigned walled = 0; walled < 2; walled++)
                check_resize(sizes[i], sizes[k], 2 * (i + k) + walled);
}

static void stays_where_it_fits(void)
{
    unsigned char *p[2];

    lay_row(p, 2, 100);
    for (size_t size = 100; size <= payload(stride(100)); size++)
        CHECK(resize(p[0], size) == p[0] && filled(p[0], 100, 0));
    CHECK(resize(p[0], 100) == p[0] && filled(p[1], 100, 1));
}

static void shrinks_in_place(void)
{
    unsigned char *p[2];

    lay_row(p, 2, payload(1024));
    CHECK(resize(p[0], payload(400)) == p[0]);
    CHECK(filled(p[0], payload(400), 0));
    CHECK(room(p[0], payload(400)) == payload(400));
    CHECK(fresh(payload(624), 2) == p[0] + 400);
    CHECK(resize(p[0], 1) == p[0] && filled(p[0], 1, 0));
    CHECK(fresh(payload(400 - stride(1)), 3) == p[0] + stride(1));
    CHECK(filled(p[0] + 400, payload(624), 2));
    CHECK(filled(p[1], payload(1024), 1));
}

/* What is cut off merges with what is free behind it. */
static void shrinks_towards_free_memory(void)
{
    unsigned char *p[3];

    lay_row(p, 3, payload(1024));
    release(p[1]);
    CHECK(resize(p[0], payload(400)) == p[0]);
    CHECK(fresh(payload(2048 - 400), 4) == p[0] + 400);
    CHECK(filled(p[0], payload(400), 0));
    CHECK(filled(p[2], payload(1024), 2));
}

/* By as much as it needs, by all there is, and by too much. */
static void grows_into_free_memory(void)
{
    size_t size = payload(1024);
    unsigned char *p[3];

    lay_row(p, 3, size);
    release(p[1]);
    CHECK(resize(p[0], payload(1536)) == p[0] && filled(p[0], size, 0));
    fill(p[0], payload(1536), 4);
    CHECK(fresh(payload(512), 5) == p[0] + 1536);
    release(p[0] + 1536);
    CHECK(resize(p[0], payload(2048)) == p[0]);
    CHECK(filled(p[0], payload(1536), 4));
    fill(p[0], payload(2048), 6);
    CHECK(filled(p[2], size, 2));
    unsigned char *moved = resize(p[0], payload(2048) + 1);
    CHECK(moved != p[0] && filled(moved, payload(2048), 6));
    CHECK(is_free_for(payload(2048), p[0]));
}

/* A free neighbour that is too small is left to others. */
static void leaves_what_is_too_small(void)
{
    size_t size = payload(1024);
    unsigned char *p[3];

    lay_row(p, 3, size);
    release(p[1]);
    unsigned char *moved = resize(p[0], 3 * size);
    CHECK(moved != p[0] && filled(moved, size, 0));
    CHECK(is_free_for(payload(2048), p[0]));
    CHECK(filled(p[2], size, 2));
}

/* The neighbour is swallowed whole; other free blocks are found still. */
static void leaves_other_free_blocks(void)
{
    size_t size = payload(1024);
    unsigned char *p[8];

    lay_row(p, 8, size);
    release(p[1]), release(p[6]);
    CHECK(resize(p[0], payload(2048)) == p[0]);
    CHECK(fresh(size, 9) == p[6]);
    release(p[4]);
    CHECK(fresh(size, 9) == p[4]);
    CHECK(filled(p[0], size, 0) && filled(p[5], size, 5));
}

/* ---- Many operations. ---- */

enum { SLOTS = 300, OPERATIONS = 30000, THREADS = 4 };

struct slot {
    unsigned char *p; /* NULL: empty */
    size_t size;
    unsigned seed;
};

/* Mostly small, at times past a page, seldom past the mmap threshold. */
static inline size_t random_size(unsigned *state)
{
    unsigned kind = random_below(state, 100);

    if (kind == 0)
        return 1 + random_below(state, 256 * KIB);
    return 1 + random_below(state, kind < 10 ? 9000 : 300);
}

static inline void slot_empty(struct slot *slot)
{
    CHECK(!slot->p || filled(slot->p, slot->size, slot->seed));
    release(slot->p);
    slot->p = NULL;
}

static inline void *random_block(size_t size, unsigned *state)
{
    size_t align = (size_t)1 << random_below(state, 10);
    unsigned kind = random_below(state, 4);
    unsigned char *p;

    if (kind == 1 && subject.allocate_aligned) {
        p = subject.allocate_aligned(align, size);
        CHECK(is_aligned(p, align));
        return p;
    }
    if (kind > 0)
        return allocate(size);
    p = allocate_zeroed(1, size);
    CHECK(!p || all_are(p, size, 0));
    return p;
}

static inline void *resized_block(struct slot *slot, size_t size)
{
    unsigned char *p = resize(slot->p, size);

    if (p)
        CHECK(filled(p, least(size, slot->size), slot->seed));
    else
        slot_empty(slot); /* which finds that nothing has changed */
    return p;
}

static inline void slot_change(struct slot *slot, unsigned *state)
{
    size_t size = random_size(state);

    if (slot->p && random_below(state, 3) > 0) {
        slot_empty(slot);
        return;
    }
    slot->p = slot->p ? resized_block(slot, size) : random_block(size, state);
    CHECK(slot->p ? is_aligned(slot->p, ALIGN) : subject.may_be_full);
    slot->size = slot->p ? size : 0;
    slot->seed = *state;
    fill(slot->p, slot->size, slot->seed);
}

static inline void change_many(unsigned state, void (*between)(void))
{
    static struct slot slots[SLOTS];

    for (int i = 0; i < OPERATIONS; i++) {
        slot_change(&slots[random_below(&state, SLOTS)], &state);
        if (between && i % 500 == 0)
            between();
    }
    for (int i = 0; i < SLOTS; i++)
        slot_empty(&slots[i]);
}

static void random_operations(void)
{
    for (unsigned seed = 1; seed < 4; seed++)
        change_many(seed, NULL);
    CHECK(subject.is_whole());
}

/* ---- Threads and processes. ---- */

static struct slot shared_slots[SLOTS];
static _Atomic(struct slot *) shared[SLOTS];

/* A thread takes a slot away while it changes it, so that each frees and
 * resizes what others made. */
static void *change_shared(void *seed)
{
    unsigned state = *(unsigned *)seed;

    for (int i = 0; i < OPERATIONS; i++) {
        unsigned which = random_below(&state, SLOTS);
        struct slot *slot = atomic_exchange(&shared[which], NULL);

        if (slot) {
            slot_change(slot, &state);
            atomic_store(&shared[which], slot);
        }
    }
    return NULL;
}

static void threads_share_the_heap(void)
{
    unsigned seeds[THREADS] = {11, 22, 33, 44};
    pthread_t thread[THREADS];

    for (int i = 0; i < SLOTS; i++)
        shared[i] = &shared_slots[i];
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&thread[i], NULL, change_shared, &seeds[i]) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(thread[i], NULL) == 0);
    for (int i = 0; i < SLOTS; i++)
        slot_empty(&shared_slots[i]);
}

static inline void wait_for_success(pid_t child)
{
    int status = -1;

    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
}

static atomic_bool stop;

static void *churn(void *unused)
{
    while (!stop)
        release(resize(allocate(100), 10000));
    return unused;
}

static inline _Noreturn void child_allocates(unsigned char *kept)
{
    alarm(check_seconds());
    unsigned char *p = resize(fresh(500, 2), 5000);
    bool good = p && filled(p, 500, 2) && filled(kept, 1000, 1);
    unsigned char *large = fresh(subject.largest, 3);

    fill(kept, 1000, 4);
    release(kept), release(large), release(p);
    _exit(good ? 0 : 1);
}

enum { FORKS = 12 };

/* While other threads hold the lock most of the time. */
static void forked_children_allocate(void)
{
    unsigned char *kept = fresh(1000, 1);
    pthread_t thread[2];

    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&thread[i], NULL, churn, NULL) == 0);
    for (int i = 0; i < FORKS; i++) {
        pid_t child = fork();

        if (child == 0)
            child_allocates(kept);
        wait_for_success(child);
    }
    stop = true;
    for (int i = 0; i < 2; i++)
        CHECK(pthread_join(thread[i], NULL) == 0);
    CHECK(filled(kept, 1000, 1));
}

/* What a child does with its copy of the heap, its parent does not see. */
static void forked_children_have_a_copy(void)
{
    unsigned char *p[2];

    lay_row(p, 2, 1000);
    unsigned char *large = fresh(subject.largest, 2);
    pid_t child = fork();
    if (child == 0) {
        memset(p[0], 0xff, 1000);
        release(p[0]), release(large);
        _exit(is_free_for(1000, p[0]) ? 0 : 1);
    }
    wait_for_success(child);
    CHECK(filled(p[0], 1000, 0) && filled(large, subject.largest, 2));
    CHECK(resize(p[0], 1000) == p[0]);
}

/* ---- Handlers: of fork, and of signals. ---- */

static pthread_mutex_t others = PTHREAD_MUTEX_INITIALIZER;
static atomic_bool handlers_wait, holding, fork_begun;

static void wait_for_others(void)
{
    fork_begun = true;
    if (handlers_wait)
        pthread_mutex_lock(&others);
}

static void let_others(void)
{
    if (handlers_wait)
        pthread_mutex_unlock(&others);
}

/* As the constructor of any library may; those of this one come earlier. */
__attribute__((constructor)) static void set_handlers(void)
{
    pthread_atfork(wait_for_others, let_others, let_others);
}

static void *allocate_under_mutex(void *unused)
{
    pthread_mutex_lock(&others);
    holding = true;
    while (!fork_begun)
        sched_yield();
    release(allocate(100));
    pthread_mutex_unlock(&others);
    return unused;
}

static void handlers_of_fork_may_wait(void)
{
    unsigned char *kept = fresh(1000, 1);
    pthread_t thread;

    fork_begun = false;
    handlers_wait = true;
    CHECK(pthread_create(&thread, NULL, allocate_under_mutex, NULL) == 0);
    while (!holding)
        sched_yield();
    pid_t child = fork();
    if (child == 0)
        child_allocates(kept);
    wait_for_success(child);
    CHECK(pthread_join(thread, NULL) == 0);
}

static volatile sig_atomic_t forks_of_handler;

static void fork_in_handler(int number)
{
    int status = 1;
    pid_t child = fork();

    (void)number;
    if (child == 0)
        _exit(0);
    if (waitpid(child, &status, 0) == child && status == 0)
        forks_of_handler++;
}

/* Which interrupt the library, whose lock this thread then holds. */
static void handlers_of_signals_may_fork(void)
{
    const struct itimerval often = {{0, 1000}, {0, 1000}}, never = {0};

    CHECK(signal(SIGVTALRM, fork_in_handler) != SIG_ERR);
    CHECK(setitimer(ITIMER_VIRTUAL, &often, NULL) == 0);
    while (forks_of_handler < 20)
        release(resize(allocate(100), 1000));
    CHECK(setitimer(ITIMER_VIRTUAL, &never, NULL) == 0);
}

/* clang-format off */
#define CONFORMANCE_TESTS                                             \
    {"payloads-are-aligned-and-apart", payloads_are_aligned_and_apart}, \
    {"blocks-of-all-sizes-hold-them", blocks_of_all_sizes_hold_them}, \
    {"small-blocks-take-little", small_blocks_take_little},           \
    {"freed-memory-is-used-again", freed_memory_is_used_again},       \
    {"splits-what-is-too-large", splits_what_is_too_large},           \
    {"splinters-are-not-lost", splinters_are_not_lost},               \
    {"coalesces-in-any-order", coalesces_in_any_order},               \
    {"neighbours-in-use-do-not-merge", neighbours_in_use_do_not_merge}, \
    {"all-memory-comes-back", all_memory_comes_back},                 \
    {"zero-bytes", zero_bytes},                                       \
    {"null-is-no-block", null_is_no_block},                           \
    {"too-much-is-refused", too_much_is_refused},                     \
    {"overflow-is-refused", overflow_is_refused},                     \
    {"errno-is-left-alone", errno_is_left_alone},                     \
    {"zeroes-used-memory", zeroes_used_memory},                       \
    {"zeroes-blocks-of-all-sizes", zeroes_blocks_of_all_sizes},       \
    {"resize-to-zero-frees", resize_to_zero_frees},                   \
    {"resize-keeps-contents", resize_keeps_contents},                 \
    {"stays-where-it-fits", stays_where_it_fits},                     \
    {"shrinks-in-place", shrinks_in_place},                           \
    {"shrinks-towards-free-memory", shrinks_towards_free_memory},     \
    {"grows-into-free-memory", grows_into_free_memory},               \
    {"leaves-what-is-too-small", leaves_what_is_too_small},           \
    {"leaves-other-free-blocks", leaves_other_free_blocks},           \
    {"random-operations", random_operations},                         \
    {"threads-share-the-heap", threads_share_the_heap},               \
    {"forked-children-allocate", forked_children_allocate},           \
    {"forked-children-have-a-copy", forked_children_have_a_copy},     \
    {"handlers-of-fork-may-wait", handlers_of_fork_may_wait},         \
    {"handlers-of-signals-may-fork", handlers_of_signals_may_fork}
/* clang-format on */

#endif
