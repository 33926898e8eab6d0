/*
 * threads_test.c - which freed blocks a thread's magazines keep, and how long.
 *
 * The allocator that they are filled from is in this file: it counts its live
 * blocks, and keeps their sizes in a word before each.
 */
#include "family.h"

#include "../../mm.h"
#include "../../runtime/threads.h"

#include <pthread.h>
#include <stdint.h>

enum { HEAD = 16 };

enum { SPACE = 1 << 26, MARKS = 32 };

static _Alignas(16) char space[SPACE], *next = space; /* never used again */
enum { MARK_WORDS = SPACE / HEAD / MARKS + 1 };
static uint64_t marks[MARK_WORDS];
static int in_use, locked, locks, refusals_from = -1;
static bool none_of_mine;

/* What begins here is in use: a block, or the word before one. */
static void mark(const char *at)
{
    size_t g = (size_t)(at - space) / HEAD;

    marks[MARK_WORDS - 1 - g / MARKS] |= (uint64_t)3 << 2 * (g % MARKS);
}

struct mm_marks mm_marks(void)
{
    CHECK(locked == 1);
    return (struct mm_marks){space, marks + MARK_WORDS, SPACE / HEAD};
}

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
    mark(block);
    mark(next);
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

static const struct threads_lock lock = {take, give};

static void *allocate(size_t size)
{
    threads_enter();
    void *block = threads_allocate(size, &lock);
    threads_leave();
    return block;
}

static bool release(void *block)
{
    threads_enter();
    bool taken = threads_free(block, &lock);
    threads_leave();
    return taken;
}

static void blocks_are_as_large_as_asked(void)
{
    for (size_t size = 1; size <= 1024; size++) {
        void *block = allocate(size);

        CHECK(block && mm_size_unlocked(block) >= size);
        CHECK(mm_size_unlocked(block) < size + 16);
    }
}

static void larger_ones_are_not_its_business(void)
{
    CHECK(allocate(1025) == NULL);
    CHECK(allocate(SIZE_MAX) == NULL);
    none_of_mine = true;
    CHECK(!release(&none_of_mine));
}

static void the_lock_is_taken_seldom(void)
{
    enum { BLOCKS = 1000 };
    void *block[BLOCKS];

    for (int i = 0; i < BLOCKS; i++)
        block[i] = allocate(64);
    for (int i = 0; i < BLOCKS; i++)
        CHECK(release(block[i]));
    CHECK(locks < 2 * BLOCKS / 16);
}

static void what_was_freed_last_comes_first(void)
{
    void *block = allocate(100);

    CHECK(release(block));
    CHECK(allocate(100) == block);
}

static void no_more_is_kept_than_32_kib_of_a_size(void)
{
    enum { BLOCKS = 3000 };
    static void *block[BLOCKS];

    for (size_t size = 16; size <= 1024; size *= 2) {
        int before = in_use;

        for (int i = 0; i < BLOCKS; i++)
            block[i] = allocate(size);
        for (int i = 0; i < BLOCKS; i++)
            CHECK(release(block[i]));
        CHECK((size_t)(in_use - before) * size <= 32768);
    }
}

static void only_what_is_there_is_at_hand(void)
{
    CHECK(threads_pop(64) == NULL);
    void *block = allocate(64);
    int got = in_use;
    for (int i = 1; i < got; i++)
        CHECK(threads_pop(50) != NULL);
    CHECK(threads_pop(64) == NULL);
    CHECK(release(block));
    CHECK(threads_pop(49) == block);
    CHECK(threads_pop(0) == NULL && threads_pop(1025) == NULL);
    CHECK(in_use == got);
}

/* After a purge, threads give back what their magazines hold. */
static void a_purge_empties_all_magazines(void)
{
    enum { BLOCKS = 3000 };
    static void *block[BLOCKS];

    for (int i = 0; i < BLOCKS; i++)
        block[i] = allocate(16);
    CHECK(release(allocate(64)));
    purges++;
    int before = in_use;
    for (int i = 0; i < BLOCKS && in_use == before; i++)
        CHECK(release(block[i]));
    CHECK(in_use < before);
    CHECK(threads_pop(16) && !threads_pop(16) && !threads_pop(64));
}

/* What the inline functions put in and take out is the same. */
static void most_blocks_need_no_call(void)
{
    void *block[3];

    for (size_t size = 16; size <= 16 * 15; size += 16) {
        for (int i = 0; i < 3; i++)
            block[i] = allocate(size);
        int before = locks;
        for (int i = 0; i < 3; i++)
            CHECK(threads_push(block[i]) ||
                  ((uintptr_t)block[i] - (uintptr_t)space) / 16 % MARKS +
                          size / 16 >=
                      MARKS);
        CHECK(locks == before);
    }
}

/* Also as often as there are places: then the magazine is full. */
static void a_full_magazine_takes_no_block(void)
{
    enum { BLOCKS = 4000 };
    static void *block[BLOCKS];
    int pushed = 0;

    for (int i = 0; i < BLOCKS; i++)
        block[i] = allocate(16);
    while (pushed < BLOCKS && threads_push(block[pushed]))
        pushed++;
    CHECK(0 < pushed && pushed <= 2048);
    for (int i = 0; i < pushed; i++)
        CHECK(threads_pop(16) != NULL);
}

static void a_busy_thread_uses_no_magazine(void)
{
    void *block = allocate(64);

    CHECK(release(block));
    threads_enter();
    CHECK(threads_busy() && !threads_pop(64) && !threads_push(block));
    threads_leave();
    CHECK(!threads_busy() && threads_pop(64) == block);
}

static void what_is_no_block_is_not_taken(void)
{
    char *block = allocate(64), *last = allocate(64);

    CHECK(release(allocate(100)));
    CHECK(!threads_push(NULL) && !threads_push(touched(&block)));
    CHECK(!threads_push(touched(space)));
    CHECK(!threads_push((char *)touched(space) - 16));
    CHECK(!threads_push(block + 8) && !threads_push(block + 16));
    CHECK(threads_push(block) && !threads_push(block)); /* is in there */
    CHECK(threads_push(last));
}

static void *uses_all_sizes(void *unused)
{
    for (size_t size = 16; size <= 1024; size += 16)
        CHECK(release(allocate(size)));
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
    CHECK(allocate(64) == NULL);
    refusals_from = 3;
    for (int i = 0; i < 3; i++)
        CHECK(allocate(64) != NULL);
    CHECK(allocate(64) == NULL);
    CHECK(locked == 0);
}

static void a_key_does_not_stay_in_a_block(void)
{
    void *block = allocate(64);

    CHECK(release(block));
    CHECK(allocate(64) == block);
    CHECK(release(block)); /* not for the second time */
}

/* As a live one may be that was never in a magazine. */
static void a_block_of_zeros_is_not_free(void)
{
    take();
    size_t *block = mm_malloc(64);
    give();
    memset(block, 0, 64);
    threads_check_in_use(block);
    CHECK(release(block));
    CHECK(allocate(64) == block);
}

static void twice_is_once_too_often(void)
{
    pid_t child = fork();
    int status;

    if (child == 0) {
        void *block = allocate(64);
        release(block);
        release(block);
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
    {"most-blocks-need-no-call", most_blocks_need_no_call},
    {"a-full-magazine-takes-no-block", a_full_magazine_takes_no_block},
    {"a-busy-thread-uses-no-magazine", a_busy_thread_uses_no_magazine},
    {"what-is-no-block-is-not-taken", what_is_no_block_is_not_taken},
    {"a-shortage-is-no-block", a_shortage_is_no_block},
    {"a-key-does-not-stay-in-a-block", a_key_does_not_stay_in_a_block},
    {"a-block-of-zeros-is-not-free", a_block_of_zeros_is_not_free},
    {"twice-is-once-too-often", twice_is_once_too_often},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
