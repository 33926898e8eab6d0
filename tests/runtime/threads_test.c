/*
 * threads_test.c - which freed blocks a thread's magazines keep, and how long.
 *
 * The allocator that they are filled from is in this file: it counts its live
 * blocks, and keeps their sizes in a word before each.
 */
#include "../check.h"

#include "../../mm.h"
#include "../../runtime/threads.h"

#include <pthread.h>
#include <stdint.h>

enum { HEAD = 16 };

static _Alignas(16) char space[1 << 26], *next = space; /* never used again */
static int in_use, locked, locks, refusals_from = -1;
static bool none_of_mine;

void *mm_malloc(size_t size)
{
    CHECK(locked == 1);
    if (refusals_from >= 0 && in_use >= refusals_from)
        return NULL;
    size_t whole = (size + 15) / 16 * 16;
    char *block = next + HEAD;
    CHECK((size_t)(block - space) + whole <= sizeof space);
    ((size_t *)(void *)block)[-1] = whole;
    next = block + whole;
    in_use++;
    return block;
}

void mm_free(void *ptr)
{
    CHECK(ptr && locked == 1 && in_use > 0);
    in_use--;
}

size_t mm_size_unlocked(const void *ptr)
{
    return none_of_mine ? 0 : ((const size_t *)ptr)[-1];
}

static unsigned purges;

unsigned mm_purge_count(void)
{
    CHECK(locked == 1);
    return purges;
}

static void take(void)
{
    CHECK(locked++ == 0);
    locks++;
}

static void give(void)
{
    CHECK(--locked == 0);
}

static const struct threads_lock lock = {take, give, take, give};

static void blocks_are_as_large_as_asked(void)
{
    for (size_t size = 1; size <= 1024; size++) {
        void *block = threads_allocate(size, &lock);

        CHECK(block && mm_size_unlocked(block) >= size);
        CHECK(mm_size_unlocked(block) < size + 16);
    }
}

static void larger_ones_are_not_its_business(void)
{
    CHECK(threads_allocate(1025, &lock) == NULL);
    CHECK(threads_allocate(SIZE_MAX, &lock) == NULL);
    none_of_mine = true;
    CHECK(!threads_free(&none_of_mine, &lock));
}

static void the_lock_is_taken_seldom(void)
{
    enum { BLOCKS = 1000 };
    void *block[BLOCKS];

    for (int i = 0; i < BLOCKS; i++)
        block[i] = threads_allocate(64, &lock);
    for (int i = 0; i < BLOCKS; i++)
        CHECK(threads_free(block[i], &lock));
    CHECK(locks < 2 * BLOCKS / 16);
}

static void what_was_freed_last_comes_first(void)
{
    void *block = threads_allocate(100, &lock);

    CHECK(threads_free(block, &lock));
    CHECK(threads_allocate(100, &lock) == block);
}

static void no_more_is_kept_than_32_kib_of_a_size(void)
{
    enum { BLOCKS = 3000 };
    static void *block[BLOCKS];

    for (size_t size = 16; size <= 1024; size *= 2) {
        int before = in_use;

        for (int i = 0; i < BLOCKS; i++)
            block[i] = threads_allocate(size, &lock);
        for (int i = 0; i < BLOCKS; i++)
            CHECK(threads_free(block[i], &lock));
        CHECK((size_t)(in_use - before) * size <= 32768);
    }
}

static void only_what_is_there_is_at_hand(void)
{
    CHECK(threads_pop_cached(64) == NULL);
    void *block = threads_allocate(64, &lock);
    int got = in_use;
    for (int i = 1; i < got; i++)
        CHECK(threads_pop_cached(50) != NULL);
    CHECK(threads_pop_cached(64) == NULL);
    CHECK(threads_free(block, &lock));
    CHECK(threads_pop_cached(49) == block);
    CHECK(threads_pop_cached(0) == NULL && threads_pop_cached(1025) == NULL);
    CHECK(in_use == got);
}

/* After a purge, threads give back what their magazines hold. */
static void a_purge_empties_all_magazines(void)
{
    enum { BLOCKS = 3000 };
    static void *block[BLOCKS];

    for (int i = 0; i < BLOCKS; i++)
        block[i] = threads_allocate(16, &lock);
    CHECK(threads_free(threads_allocate(64, &lock), &lock));
    purges++;
    int before = in_use;
    for (int i = 0; i < BLOCKS && in_use == before; i++)
        CHECK(threads_free(block[i], &lock));
    CHECK(in_use < before);
    CHECK(!threads_pop_cached(16) && !threads_pop_cached(64));
}

static void *uses_all_sizes(void *unused)
{
    for (size_t size = 16; size <= 1024; size += 16)
        CHECK(threads_free(threads_allocate(size, &lock), &lock));
    return unused;
}

static void a_thread_that_ends_leaves_nothing(void)
{
    pthread_t thread;

    CHECK(pthread_create(&thread, NULL, uses_all_sizes, NULL) == 0);
    CHECK(pthread_join(thread, NULL) == 0);
    CHECK(in_use == 0);
}

static void a_shortage_is_no_block(void)
{
    refusals_from = 0;
    CHECK(threads_allocate(64, &lock) == NULL);
    refusals_from = 3;
    for (int i = 0; i < 3; i++)
        CHECK(threads_allocate(64, &lock) != NULL);
    CHECK(threads_allocate(64, &lock) == NULL);
    CHECK(locked == 0);
}

static void a_key_does_not_stay_in_a_block(void)
{
    void *block = threads_allocate(64, &lock);

    CHECK(threads_free(block, &lock));
    CHECK(threads_allocate(64, &lock) == block);
    CHECK(threads_free(block, &lock)); /* not for the second time */
}

/* As a live one may be that was never in a magazine. */
static void a_block_of_zeros_is_not_free(void)
{
    take();
    size_t *block = mm_malloc(64);
    give();
    memset(block, 0, 64);
    threads_check_in_use(block);
    CHECK(threads_free(block, &lock));
    CHECK(threads_allocate(64, &lock) == block);
}

static void twice_is_once_too_often(void)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        void *block = threads_allocate(64, &lock);
        threads_free(block, &lock);
        threads_free(block, &lock);
        exit(0);
    }
    CHECK(waitpid(child, &status, 0) == child);
    CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGABRT);
}

static const struct test tests[] = {
    {"blocks-are-as-large-as-asked", blocks_are_as_large_as_asked},
    {"larger-ones-are-not-its-business", larger_ones_are_not_its_business},
    {"the-lock-is-taken-seldom", the_lock_is_taken_seldom},
    {"what-was-freed-last-comes-first", what_was_freed_last_comes_first},
    {"no-more-is-kept-than-32-kib-of-a-size",
     no_more_is_kept_than_32_kib_of_a_size},
    {"only-what-is-there-is-at-hand", only_what_is_there_is_at_hand},
    {"a-purge-empties-all-magazines", a_purge_empties_all_magazines},
    {"a-thread-that-ends-leaves-nothing", a_thread_that_ends_leaves_nothing},
    {"a-shortage-is-no-block", a_shortage_is_no_block},
    {"a-key-does-not-stay-in-a-block", a_key_does_not_stay_in_a_block},
    {"a-block-of-zeros-is-not-free", a_block_of_zeros_is_not_free},
    {"twice-is-once-too-often", twice_is_once_too_often},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
