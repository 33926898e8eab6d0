/*
 * pool_test.c - the pool keeps what pool.h promises.
 *
 * Each test starts with the pool as the program finds it.
 */
#include "conformance.h"

#include "pool.h"

#include <stdalign.h>

enum {
    HEADER = 16, /* of every block; a block is a multiple of 16 */
    AREA = 1 << 16,
};

static bool is_whole(void)
{
    return my_pool_largest() == MIB - HEADER &&
           my_pool_available() == MIB - HEADER;
}

const volatile struct subject subject = {
    .allocate = my_malloc,
    .allocate_zeroed = my_calloc,
    .resize = my_realloc,
    .release = my_free,
    .usable = my_malloc_usable_size,
    .header = HEADER,
    .min_block = 32,
    .largest = 100000,
    .heap_most = SIZE_MAX,
    .may_be_full = true,
    .is_whole = is_whole,
};

static alignas(16) unsigned char area[AREA];

/* Blocks of 100 bytes are 128 apart: 112 and the header. */
enum { SMALL = 100, SMALL_BLOCK = 128 };

static void start(size_t size)
{
    CHECK(my_pool_init(area, size) == 0);
}

static bool is_in(const void *p, const void *memory, size_t size)
{
    return (uintptr_t)p - (uintptr_t)memory < size;
}

static bool invalid(int result)
{
    bool said = result == -1 && errno == EINVAL;

    errno = 0;
    return said;
}

/* ---- The pool's memory. ---- */

static void own_array_is_one_mib(void)
{
    CHECK(my_pool_largest() == MIB - HEADER);
    CHECK(my_pool_available() == MIB - HEADER);
    unsigned char *p = my_malloc(MIB - HEADER);
    CHECK(p && !is_in(p, area, AREA));
    memset(p, 1, MIB - HEADER);
    CHECK(my_pool_available() == 0 && my_pool_largest() == 0);
    CHECK(no_memory(my_malloc(1)));
    my_free(p);
    CHECK(no_memory(my_malloc(MIB - HEADER + 1)));
    CHECK(my_malloc(MIB - HEADER) == p);
}

static void asks_the_system_for_nothing(void)
{
    size_t before = address_space();
    char *brk = brk_now(), *p = NULL;

    for (int i = 0; i < 5000; i++)
        p = i % 3 ? my_malloc(1000) : my_realloc(p, 2000);
    CHECK(no_memory(my_malloc(1000)));
    CHECK(brk_now() == brk && address_space() == before);
}

static void init_takes_given_memory(void)
{
    void *own = my_malloc(SMALL);

    start(AREA);
    CHECK(!is_in(own, area, AREA));
    CHECK(my_pool_largest() == AREA - HEADER);
    unsigned char *p = my_malloc(AREA - HEADER);
    CHECK(p == area + HEADER);
    CHECK(no_memory(my_malloc(0)));
    start(1024);
    CHECK(my_malloc(SMALL) == p);
    CHECK(my_pool_largest() == 1024 - SMALL_BLOCK - HEADER);
}

static void init_null_is_the_own_array(void)
{
    void *own = my_malloc(SMALL);

    start(AREA);
    my_malloc(SMALL);
    CHECK(my_pool_init(NULL, 0) == 0);
    CHECK(my_pool_available() == MIB - HEADER);
    CHECK(my_malloc(SMALL) == own);
    CHECK(my_malloc(SMALL) != own);
}

static void init_before_the_first_allocation(void)
{
    CHECK(my_pool_init(area, 4096) == 0);
    CHECK(my_malloc(1) == area + HEADER);
    CHECK(no_memory(my_malloc(5000)));
}

static void init_aligns_within_the_memory(void)
{
    for (size_t shift = 0; shift < 16; shift++)
        for (size_t cut = 0; cut < 16; cut++) {
            size_t size = 256 - shift - cut;

            memset(area, 0xee, 512);
            CHECK(my_pool_init(area + shift, size) == 0);
            size_t most = my_pool_largest();
            unsigned char *p = my_malloc(most);
            CHECK(p && (uintptr_t)p % 16 == 0);
            CHECK(p - HEADER >= area + shift);
            CHECK(p + most <= area + shift + size);
            CHECK(most + HEADER + 32 > size);
            memset(p, 0x11, most);
            CHECK(all_are(area, shift, 0xee));
            CHECK(all_are(area + shift + size, 256, 0xee));
        }
}

static void init_refuses_too_little(void)
{
    start(4096);
    void *p = my_malloc(SMALL);
    size_t left = my_pool_available();

    CHECK(invalid(my_pool_init(area + 8192, 31)));
    CHECK(invalid(my_pool_init(area + 8193, 46)));
    CHECK(invalid(my_pool_init(area + 8192, 0)));
    CHECK(invalid(my_pool_init(NULL, 4096)));
    CHECK(invalid(my_pool_init(area, SIZE_MAX)));
    CHECK(invalid(my_pool_init(area, (size_t)PTRDIFF_MAX + 1)));
    CHECK(my_pool_available() == left);
    my_free(p);
    CHECK(my_malloc(SMALL) == p);
    CHECK(my_pool_init(area + 8192, 32) == 0);
    CHECK(my_malloc(16) == area + 8192 + HEADER);
    CHECK(my_pool_init(area + 8193, 47) == 0);
    CHECK(my_malloc(16) == area + 8208 + HEADER);
    CHECK(no_memory(my_malloc(0)));
}

static void add_before_the_first_allocation(void)
{
    CHECK(my_pool_add(area, AREA) == 0);
    CHECK(my_pool_available() == MIB - HEADER + AREA - HEADER);
    CHECK(my_pool_largest() == MIB - HEADER);
    CHECK(my_malloc(MIB - HEADER));
    CHECK(my_malloc(AREA - HEADER) == area + HEADER);
}

/* Below, between and above what there is, in every order. */
static void add_merges_what_adjoins(void)
{
    static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                     {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

    for (int i = 0; i < 6; i++) {
        CHECK(my_pool_init(area + 1024 * orders[i][0], 1024) == 0);
        CHECK(my_pool_add(area + 1024 * orders[i][1], 1024) == 0);
        CHECK(my_pool_add(area + 1024 * orders[i][2], 1024) == 0);
        CHECK(my_pool_largest() == 3 * 1024 - HEADER);
        CHECK(my_pool_available() == 3 * 1024 - HEADER);
        CHECK(my_malloc(3 * 1024 - HEADER) == area + HEADER);
    }
}

static void add_below_blocks_in_use(void)
{
    CHECK(my_pool_init(area + 4096, 1024) == 0);
    unsigned char *high = my_malloc(1024 - HEADER);
    fill(high, 1024 - HEADER, 1);
    CHECK(my_pool_add(area + 3072, 1024) == 0);
    CHECK(my_pool_add(area + 5120, 1024) == 0);
    CHECK(my_pool_largest() == 1024 - HEADER);
    unsigned char *low = my_malloc(1024 - HEADER);
    CHECK(low == area + 3072 + HEADER);
    CHECK(my_malloc(1024 - HEADER) == area + 5120 + HEADER);
    fill(low, 1024 - HEADER, 2);
    CHECK(filled(high, 1024 - HEADER, 1));
    my_free(low);
    my_free(high);
    CHECK(my_malloc(2048 - HEADER) == low);
}

static void areas_apart_are_not_merged(void)
{
    start(1024);
    CHECK(my_pool_add(area + 1024 + 16, 1024) == 0);
    CHECK(my_pool_add(area + 4096, 1024) == 0);
    memset(area + 1024, 0xee, 16);
    CHECK(my_pool_largest() == 1024 - HEADER);
    CHECK(my_pool_available() == 3 * (1024 - HEADER));
    CHECK(no_memory(my_malloc(1024)));
    unsigned char *p = my_malloc(1000), *q = my_malloc(1000);
    CHECK(p == area + HEADER && q == area + 1024 + 16 + HEADER);
    memset(p, 1, 1008);
    memset(q, 1, 1008);
    my_free(q);
    unsigned char *moved = my_realloc(p, 1008);
    CHECK(moved == p);
    CHECK(no_memory(my_realloc(p, 1009)));
    my_free(p);
    CHECK(my_pool_largest() == 1024 - HEADER);
    CHECK(all_are(area + 1024, 16, 0xee));
}

static void add_refuses_what_is_there(void)
{
    CHECK(my_pool_init(area + 4096, 4096) == 0);
    unsigned char *p = my_malloc(SMALL), *q = my_malloc(1000);
    fill(p, 112, 1);
    fill(q, 1000, 2);
    size_t left = my_pool_available();
    CHECK(invalid(my_pool_add(area + 4096, 4096)));
    CHECK(invalid(my_pool_add(area + 4096 + 32, 48)));
    CHECK(invalid(my_pool_add(area + 4096 + 512, 64)));
    CHECK(invalid(my_pool_add(area + 4000, 128)));
    CHECK(invalid(my_pool_add(area + 8000, 500)));
    CHECK(invalid(my_pool_add(area + 8192 - 16, 500)));
    CHECK(invalid(my_pool_add(area, 4096 + 16)));
    CHECK(invalid(my_pool_add(area, AREA)));
    CHECK(my_pool_available() == left);
    CHECK(filled(p, 112, 1) && filled(q, 1000, 2));
    CHECK(my_pool_add(area + 8192, 32) == 0);
    CHECK(my_pool_add(area, 4096) == 0);
}

static void add_refuses_too_little(void)
{
    start(4096);
    memset(area + 8192, 0xee, 64);
    CHECK(invalid(my_pool_add(area + 8192, 31)));
    CHECK(invalid(my_pool_add(area + 8193, 46)));
    CHECK(invalid(my_pool_add(area + 8192, 0)));
    CHECK(invalid(my_pool_add(NULL, 0)));
    CHECK(invalid(my_pool_add(NULL, 4096)));
    CHECK(invalid(my_pool_add(area + 8192, SIZE_MAX)));
    CHECK(all_are(area + 8192, 64, 0xee));
    CHECK(my_pool_available() == 4096 - HEADER);
}

/* ---- First fit. ---- */

static void takes_the_first_that_fits(void)
{
    start(AREA);
    unsigned char *p[8];
    for (int i = 0; i < 8; i++)
        p[i] = my_malloc(i % 2 ? SMALL : 1000);
    my_free(p[6]);
    my_free(p[2]);
    my_free(p[5]); /* with p[6], more than 1000 */
    my_free(p[0]);
    CHECK(my_pool_largest() > 60000);
    CHECK(my_malloc(my_pool_largest()) > (void *)p[7]);
    CHECK(my_pool_largest() == 1008 + SMALL_BLOCK);
    CHECK(my_malloc(1010) == p[5]);
    CHECK(my_pool_largest() == 1008);
    CHECK(my_malloc(1000) == p[0]);
    CHECK(my_malloc(SMALL) == p[2]);
    CHECK(my_malloc(SMALL) == p[2] + SMALL_BLOCK);
    my_free(p[1]);
    CHECK(my_malloc(SMALL) == p[1]);
    CHECK(no_memory(my_malloc(1000)));
}

static void a_full_pool_comes_back_whole(void)
{
    start(AREA);
    unsigned char *p[AREA / 32];
    unsigned count = 0;
    while ((p[count] = my_malloc(count % 500)))
        count++;
    CHECK(no_memory(my_malloc(499)));
    for (unsigned i = 0; i < count; i += 2)
        my_free(p[i]);
    for (unsigned i = 1; i < count; i += 2)
        my_free(p[i]);
    CHECK(my_pool_largest() == AREA - HEADER);
    CHECK(my_malloc(AREA - HEADER) == area + HEADER);
}

/* ---- Realloc. ---- */

/* Both are looked at, although no request has walked by since. */
static void realloc_grows_over_two(void)
{
    start(1024);
    unsigned char *p[8];
    for (int i = 0; i < 8; i++)
        p[i] = my_malloc(SMALL);
    my_free(p[3]);
    my_free(p[4]);
    CHECK(my_realloc(p[2], 3 * SMALL_BLOCK - HEADER) == p[2]);
    CHECK(my_pool_available() == 0);
}

/* No more is read than the old block has: behind it there may be nothing. */
static void realloc_reads_the_block_only(void)
{
    size_t page = page_size();
    unsigned char *memory = at_the_edge(page);
    CHECK(my_pool_init(memory, page) == 0);
    void *hole = my_malloc(page / 2);
    my_malloc(0);
    unsigned char *last = my_malloc(my_pool_largest());
    CHECK(last + my_malloc_usable_size(last) == memory + page);
    my_free(hole);
    CHECK(my_realloc(last, page / 2) == hole);
}

static void realloc_that_fails_changes_nothing(void)
{
    start(1024);
    unsigned char *p = my_malloc(400), *q = my_malloc(400);
    size_t left = my_pool_available();

    fill(p, 400, 1);
    fill(q, 400, 2);
    CHECK(no_memory(my_realloc(p, 600)));
    CHECK(no_memory(my_realloc(q, 700)));
    CHECK(my_pool_available() == left);
    CHECK(my_malloc_usable_size(p) == 400 && my_malloc_usable_size(q) == 400);
    CHECK(filled(p, 400, 1) && filled(q, 400, 2));
    my_free(p);
    CHECK(my_malloc(400) == p);
}

/* ---- Many operations. ---- */

/* In a pool of two areas, which is often full. */
static void random_operations_in_little_memory(void)
{
    start(AREA / 4);
    CHECK(my_pool_add(area + AREA / 2, AREA / 4) == 0);
    for (unsigned seed = 5; seed < 8; seed++) {
        change_many(seed, NULL);
        CHECK(my_pool_available() == 2 * (AREA / 4 - HEADER));
    }
}

static void threads_leave_the_pool_whole(void)
{
    threads_share_the_heap();
    CHECK(is_whole());
}

static const struct test tests[] = {
    CONFORMANCE_TESTS,
    {"own-array-is-one-mib", own_array_is_one_mib},
    {"asks-the-system-for-nothing", asks_the_system_for_nothing},
    {"init-takes-given-memory", init_takes_given_memory},
    {"init-null-is-the-own-array", init_null_is_the_own_array},
    {"init-before-the-first-allocation", init_before_the_first_allocation},
    {"init-aligns-within-the-memory", init_aligns_within_the_memory},
    {"init-refuses-too-little", init_refuses_too_little},
    {"add-before-the-first-allocation", add_before_the_first_allocation},
    {"add-merges-what-adjoins", add_merges_what_adjoins},
    {"add-below-blocks-in-use", add_below_blocks_in_use},
    {"areas-apart-are-not-merged", areas_apart_are_not_merged},
    {"add-refuses-what-is-there", add_refuses_what_is_there},
    {"add-refuses-too-little", add_refuses_too_little},
    {"takes-the-first-that-fits", takes_the_first_that_fits},
    {"a-full-pool-comes-back-whole", a_full_pool_comes_back_whole},
    {"realloc-grows-over-two", realloc_grows_over_two},
    {"realloc-reads-the-block-only", realloc_reads_the_block_only},
    {"realloc-that-fails-changes-nothing", realloc_that_fails_changes_nothing},
    {"random-operations-in-little-memory", random_operations_in_little_memory},
    {"threads-leave-the-pool-whole", threads_leave_the_pool_whole},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
