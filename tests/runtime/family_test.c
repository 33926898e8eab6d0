/*
 * family_test.c - the malloc family keeps the C library's promises.
 *
 * The promises are those of glibc on 64-bit machines, call by call, in one
 * thread. The program links no malloc: without LD_PRELOAD it tests libc's,
 * which has to pass everything; with it, the malloc that is preloaded.
 */
#define _GNU_SOURCE
#include "../libc_own.h"
#include "family.h"

#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <sys/mman.h>
#include <sys/resource.h>

/* Not constants: the compiler would object to what is asked on purpose. */
static volatile size_t too_large = (size_t)PTRDIFF_MAX + 1;
static volatile size_t largest = SIZE_MAX;
static volatile size_t nothing = 0;

static const size_t sizes[] = {1,      8,    15,    16,   24,     25,
                               100,    1000, 4000,  4096, 10000,  70000,
                               140000, 300,  40000, 8,    1 << 20};
enum { SIZES = sizeof sizes / sizeof *sizes };

/* For NULL and ENOMEM; errno is 0 before the call that answered. */
static void must_be_refused(void *answer)
{
    CHECK(!answer);
    CHECK(errno == ENOMEM);
    errno = 0;
}

static bool all_zero(const unsigned char *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i])
            return false;
    return true;
}

/* ---- Nothing, and of nothing. ---- */

static void zero_bytes_are_a_block(void)
{
    void *block[] = {malloc(nothing),
                     malloc(nothing),
                     calloc(nothing, 8),
                     calloc(8, nothing),
                     realloc(NULL, nothing),
                     reallocarray(NULL, nothing, 8),
                     memalign(64, nothing),
                     aligned_alloc(64, nothing),
                     valloc(nothing),
                     pvalloc(nothing),
                     NULL};
    enum { COUNT = sizeof block / sizeof *block };

    CHECK(posix_memalign(&block[COUNT - 1], 64, nothing) == 0);
    for (size_t i = 0; i < COUNT; i++) {
        CHECK(block[i]);
        for (size_t j = 0; j < i; j++)
            CHECK(!same(block[i], block[j]));
    }
    for (size_t i = 0; i < COUNT; i++)
        free(block[i]);
}

static void realloc_of_null_is_malloc(void)
{
    for (int i = 0; i < SIZES; i++) {
        char *block = realloc(NULL, sizes[i]);
        CHECK(block && at_multiple(block, 16));
        fill(block, sizes[i], 1);
        char *other = reallocarray(NULL, sizes[i], 3);
        CHECK(other && holds(block, sizes[i], 1));
        fill(other, 3 * sizes[i], 2);
        CHECK(holds(block, sizes[i], 1));
        free(block);
        free(other);
    }
}

static void realloc_to_zero_is_null(void)
{
    for (int i = 0; i < SIZES; i++) {
        CHECK(!realloc(malloc(sizes[i]), nothing));
        CHECK(!reallocarray(malloc(sizes[i]), 10, nothing));
        CHECK(!realloc(memalign(256, sizes[i]), nothing));
    }
}

static void realloc_to_zero_frees(void)
{
    size_t before = 0;

    needs("reuse");
    for (int i = 0; i < 10000; i++) {
        if (i == 100)
            before = resident();
        char *block = malloc(3000);
        CHECK(block);
        fill(block, 3000, 1);
        touched(realloc(block, nothing));
    }
    CHECK(resident() < before + 8 * MIB);
}

static void free_of_null_does_nothing(void)
{
    errno = EDOM;
    for (int i = 0; i < 10; i++)
        free(NULL);
    CHECK(errno == EDOM);
}

static void free_keeps_errno(void)
{
    void *block[] = {malloc(10), malloc(10000), malloc(4 * MIB),
                     memalign(4096, 100), calloc(100, 100)};

    for (size_t i = 0; i < sizeof block / sizeof *block; i++) {
        CHECK(block[i]);
        errno = EDOM;
        free(block[i]);
        CHECK(errno == EDOM);
    }
}

/* ---- Zeros. ---- */

static void calloc_is_zero(void)
{
    for (int i = 0; i < SIZES; i++) {
        unsigned char *block = calloc(sizes[i], 3), *other = calloc(1, 3);
        CHECK(block && other);
        CHECK(all_zero(block, 3 * sizes[i]) && all_zero(other, 3));
        memset(block, 0xa5, 3 * sizes[i]);
        memset(other, 0xa5, 3);
    }
}

static void calloc_clears_used_memory(void)
{
    enum { COUNT = 16 };
    unsigned char *block[COUNT];

    for (int i = 0; i < SIZES; i++) {
        for (int j = 0; j < COUNT; j++) {
            CHECK((block[j] = malloc(sizes[i])));
            memset(block[j], 0xff, sizes[i]);
            touched(block[j]);
        }
        for (int j = 0; j < COUNT; j++)
            free(block[j]);
        for (int j = 0; j < COUNT; j++) {
            CHECK((block[j] = calloc(1, sizes[i])));
            CHECK(all_zero(block[j], sizes[i]));
        }
        for (int j = 0; j < COUNT; j++)
            free(block[j]);
    }
}

static void calloc_does_not_wrap(void)
{
    errno = 0;
    must_be_refused(calloc(largest / 2, 3));
    must_be_refused(calloc(3, largest / 2));
    must_be_refused(calloc(largest / 16 + 1, 16));
    must_be_refused(calloc(largest / 2 + 2, 2));
    must_be_refused(calloc(largest, largest));
}

/* ---- More than there can be. ---- */

static void refuses_what_cannot_be(void)
{
    size_t size[] = {too_large,    too_large + 4096, largest - 4096,
                     largest - 64, largest - 16,     largest - 8,
                     largest - 7,  largest};

    errno = 0;
    for (size_t i = 0; i < sizeof size / sizeof *size; i++) {
        must_be_refused(malloc(size[i]));
        must_be_refused(calloc(1, size[i]));
        must_be_refused(realloc(NULL, size[i]));
        must_be_refused(memalign(64, size[i]));
        must_be_refused(aligned_alloc(4096, size[i]));
        must_be_refused(valloc(size[i]));
        must_be_refused(pvalloc(size[i]));
    }
    must_be_refused(pvalloc(too_large - 10));
    must_be_refused(memalign(largest / 2 + 1, 10));
}

static void a_refused_realloc_keeps_the_block(void)
{
    char *block = malloc(1000), *other = malloc(1000);

    CHECK(block && other);
    fill(block, 1000, 5);
    errno = 0;
    must_be_refused(realloc(touched(block), too_large));
    must_be_refused(realloc(touched(block), largest - 8));
    must_be_refused(realloc(touched(block), largest));
    CHECK(holds(block, 1000, 5));
    for (int i = 0; i < 20; i++) /* whoever freed it hands it out again */
        fill(malloc(1000), 1000, 6);
    CHECK(holds(block, 1000, 5));
    free(block);
    free(other);
}

static void reallocarray_does_not_wrap(void)
{
    char *block = malloc(1000);

    CHECK(block);
    fill(block, 1000, 5);
    errno = 0;
    must_be_refused(reallocarray(touched(block), largest / 16 + 2, 16));
    must_be_refused(reallocarray(touched(block), 2, largest / 2 + 2));
    must_be_refused(reallocarray(touched(block), largest, largest));
    must_be_refused(reallocarray(NULL, largest / 4 + 2, 4));
    CHECK(holds(block, 1000, 5));
    block = reallocarray(block, 100, 100);
    CHECK(block && holds(block, 1000, 5));
    free(block);
}

static void limit_memory(size_t more)
{
    size_t space = status_bytes("VmSize:") + more;
    size_t data = status_bytes("VmData:") + more;

    CHECK(setrlimit(RLIMIT_AS, &(struct rlimit){space, space}) == 0);
    CHECK(setrlimit(RLIMIT_DATA, &(struct rlimit){data, data}) == 0);
}

/* Blocks of 1 MiB, chained, until the limit; how many there were. */
static int take_all(void **chain, void *(*another)(void))
{
    void **block;
    int count = 0;

    for (*chain = NULL; count < 1024 && (block = another()); count++) {
        *block = *chain;
        *chain = block;
    }
    return count;
}

static void give_all(void **chain)
{
    while (*chain) {
        void **block = *chain;
        *chain = *block;
        free(block);
    }
}

static void *one_mib(void)
{
    return malloc(MIB);
}

static void no_memory_is_survived(void)
{
    void *chain;

    limit_memory(64 * MIB);
    errno = 0;
    int count = take_all(&chain, one_mib);
    CHECK(errno == ENOMEM);
    CHECK(count >= 32 && count < 1024);
    give_all(&chain);
    needs("reuse");
    CHECK(take_all(&chain, one_mib) >= count / 2);
    give_all(&chain);
    CHECK(malloc(100) && calloc(1000, 10) && realloc(malloc(1), 10000));
}

static void *one_mib_aligned(void)
{
    void *block = &block;

    int error = posix_memalign(&block, PAGE, MIB);
    if (error == 0)
        return block;
    CHECK(error == ENOMEM && block == &block);
    return NULL;
}

static void posix_memalign_says_no_memory(void)
{
    void *chain, *block = NULL;

    CHECK(posix_memalign(&block, 64, too_large) == ENOMEM);
    CHECK(posix_memalign(&block, 64, largest) == ENOMEM);
    limit_memory(64 * MIB);
    CHECK(take_all(&chain, one_mib_aligned) < 1024);
    CHECK(chain && !block);
    give_all(&chain);
}

/* ---- Where blocks lie. ---- */

static void every_block_is_aligned(void)
{
    for (size_t size = 1; size < 1200; size++) {
        void *block = malloc(size);
        CHECK(block && at_multiple(block, 16));
        CHECK(at_multiple(calloc(1, size), 16));
        CHECK(at_multiple(reallocarray(NULL, size, 3), 16));
        if (size % 3)
            free(block);
    }
    CHECK(at_multiple(malloc(300000), 16));
}

static void every_block_is_aligned_after_realloc(void)
{
    char *block[4] = {malloc(1), malloc(24), memalign(64, 5), malloc(7)};

    for (size_t size = 1; size < 30000; size += size / 8 + 1)
        for (int i = 0; i < 4; i++) {
            block[i] = realloc(block[i], size + (size_t)i * 8);
            CHECK(block[i] && at_multiple(block[i], 16));
        }
    for (size_t size = 30000; size > 4; size -= size / 4)
        for (int i = 0; i < 4; i++) {
            block[i] = realloc(block[i], size);
            CHECK(block[i] && at_multiple(block[i], 16));
        }
}

static void *posix_aligned(size_t align, size_t size)
{
    void *block = NULL;

    CHECK(posix_memalign(&block, align, size) == 0);
    return block;
}

/* Several at a time: the first may lie well by chance. */
static void check_aligned(void *(*family)(size_t, size_t), size_t asked,
                          size_t align, size_t size)
{
    enum { COUNT = 5 };
    void *block[COUNT];

    for (int i = 0; i < COUNT; i++) {
        block[i] = family(asked, size + (size_t)i);
        CHECK(block[i] && at_multiple(block[i], align));
        CHECK(at_multiple(block[i], 16));
        fill(block[i], size + (size_t)i, (unsigned)i);
        free(malloc(size));
    }
    for (int i = 0; i < COUNT; i++)
        CHECK(holds(block[i], size + (size_t)i, (unsigned)i));
    for (int i = 0; i < COUNT; i++)
        free(block[i]);
}

static void aligns_to_every_power(void)
{
    for (size_t align = 1; align <= MIB; align *= 2) {
        check_aligned(memalign, align, align, 40);
        check_aligned(aligned_alloc, align, align, 40);
    }
    check_aligned(memalign, PAGE, PAGE, 3 * PAGE + 5);
    check_aligned(aligned_alloc, 64, 64, 200000);
    check_aligned(memalign, nothing, 16, 40);
}

static void posix_memalign_aligns(void)
{
    for (size_t align = sizeof(void *); align <= MIB; align *= 2)
        check_aligned(posix_aligned, align, align, 40);
    check_aligned(posix_aligned, 128, 128, 200000);
}

static void rounds_alignments_up(void)
{
    static const size_t asked[][2] = {{3, 16},   {24, 32},   {48, 64},
                                      {65, 128}, {300, 512}, {3000, 4096}};

    for (size_t i = 0; i < sizeof asked / sizeof *asked; i++) {
        check_aligned(memalign, asked[i][0], asked[i][1], 40);
        if (libc_takes_alignment(asked[i][0]))
            check_aligned(aligned_alloc, asked[i][0], asked[i][1], 40);
    }
}

static void aligned_alloc_takes_what_libc_takes(void)
{
    static const size_t wrong[] = {0, 3, 24, 48, 65, 300, 3000};

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
        bool taken = libc_takes_alignment(wrong[i]);
        errno = 0;
        CHECK(!aligned_alloc(wrong[i], 40) == !taken);
        CHECK(taken || errno == EINVAL);
    }
}

static void refuses_endless_alignments(void)
{
    errno = 0;
    CHECK(!memalign(largest / 2 + 2, 10));
    CHECK(errno == EINVAL);
    errno = 0;
    CHECK(!aligned_alloc(largest, 10));
    CHECK(errno == EINVAL);
}

static void posix_memalign_refuses_what_is_no_power(void)
{
    static const size_t wrong[] = {0, 1, 2, 3, 4, 7, 12, 24, 40, 48, 100, 4095};
    void *block = &block;

    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        CHECK(posix_memalign(&block, wrong[i], 100) == EINVAL);
    CHECK(posix_memalign(&block, largest, 100) == EINVAL);
    CHECK(block == &block);
}

static void posix_memalign_leaves_errno(void)
{
    void *block = &block;

    errno = EDOM;
    CHECK(posix_memalign(&block, 3, 100) == EINVAL);
    CHECK(errno == EDOM);
    CHECK(posix_memalign(&block, 64, 100) == 0);
    CHECK(errno == EDOM);
    free(block);
}

static void posix_memalign_leaves_errno_when_it_fails(void)
{
    void *block = &block;

    needs("errno");
    errno = EDOM;
    CHECK(posix_memalign(&block, 64, largest) == ENOMEM);
    CHECK(posix_memalign(&block, 64, too_large) == ENOMEM);
    limit_memory(64 * MIB);
    CHECK(posix_memalign(&block, 64, too_large / 4) == ENOMEM);
    CHECK(errno == EDOM && block == &block);
}

static void valloc_gives_pages(void)
{
    for (int i = 0; i < SIZES; i++) {
        void *block = valloc(sizes[i]);
        CHECK(block && at_multiple(block, PAGE));
        fill(block, sizes[i], 1);
        free(malloc(10));
        CHECK(holds(block, sizes[i], 1));
    }
}

static void pvalloc_gives_whole_pages(void)
{
    for (int i = 0; i < SIZES; i++) {
        size_t whole = (sizes[i] + PAGE - 1) / PAGE * PAGE;
        void *block = pvalloc(sizes[i]);
        CHECK(block && at_multiple(block, PAGE));
        CHECK(malloc_usable_size(block) >= whole);
        fill(block, whole, 1);
        free(malloc(10));
        CHECK(holds(block, whole, 1));
    }
}

/* ---- What is in them. ---- */

static void check_resize(size_t old, size_t size)
{
    size_t kept = old < size ? old : size;
    char *block = malloc(old), *next = malloc(24);

    CHECK(block && next);
    fill(block, old, 1);
    fill(next, 24, 2);
    block = realloc(block, size);
    CHECK(block && holds(block, kept, 1));
    fill(block, size, 3);
    CHECK(holds(next, 24, 2));
    free(next);
    CHECK(holds(block, size, 3));
    free(block);
}

static void realloc_keeps_contents(void)
{
    for (int i = 0; i < SIZES; i++)
        for (int j = 0; j < SIZES; j++)
            check_resize(sizes[i], sizes[j]);
}

/* Grown bit by bit, beside another that is too. */
static void realloc_keeps_what_grows(void)
{
    char *block[2] = {NULL, NULL};
    size_t old = 0;

    for (size_t size = 1; size < 200000; old = size, size += size / 10 + 1)
        for (unsigned i = 0; i < 2; i++) {
            block[i] = realloc(block[i], size);
            CHECK(block[i] && holds(block[i], old, i));
            fill(block[i], size, i);
        }
    free(block[0]);
    free(block[1]);
}

static void aligned_blocks_can_be_resized(void)
{
    for (size_t align = 32; align <= 64 * KIB; align *= 2) {
        char *block = memalign(align, 500);
        CHECK(block);
        fill(block, 500, 3);
        block = realloc(block, 5000);
        CHECK(block && holds(block, 500, 3));
        fill(block, 5000, 4);
        block = realloc(block, 300);
        CHECK(block && holds(block, 300, 4));
        free(block);
    }
}

static void aligned_blocks_are_freed(void)
{
    size_t before = 0;

    needs("reuse");
    for (size_t i = 0; i < 100000; i++) {
        if (i == 1000)
            before = resident();
        char *block = memalign((size_t)32 << i % 8, 200);
        CHECK(block);
        block[0] = block[199] = 1;
        if (i % 16 == 0)
            block = realloc(block, 400);
        free(touched(block));
    }
    CHECK(resident() < before + 8 * MIB);
}

static void blocks_are_freed(void)
{
    size_t before = 0;

    needs("reuse");
    for (size_t i = 0; i < 100000; i++) {
        if (i == 1000)
            before = resident();
        char *block = i % 2 ? malloc(16 + i % 1000) : calloc(2, 500);
        CHECK(block);
        block[0] = block[15] = 1;
        free(touched(block));
    }
    CHECK(resident() < before + 8 * MIB);
}

/* ---- How much there is of them. ---- */

/* The i-th of many blocks, of any kind, of size bytes. */
static void *any_block(size_t i, size_t size)
{
    switch (i % 5) {
    case 0:
        return calloc(1, size);
    case 1:
        return memalign((size_t)16 << i % 6, size);
    case 2:
        return realloc(malloc(size / 2), size);
    default:
        return malloc(size);
    }
}

static void usable_size_covers_the_request(void)
{
    CHECK(malloc_usable_size(NULL) == 0);
    for (size_t i = 0; i < 1000; i++)
        CHECK(malloc_usable_size(any_block(i, i)) >= i);
    for (int i = 0; i < SIZES; i++)
        CHECK(malloc_usable_size(malloc(sizes[i])) >= sizes[i]);
}

static void usable_bytes_are_the_programs(void)
{
    enum { COUNT = 300 };
    char *block[COUNT];
    size_t size[COUNT];

    for (size_t i = 0; i < COUNT; i++) {
        block[i] = any_block(i, i * 37 % 700);
        size[i] = malloc_usable_size(block[i]);
    }
    for (size_t i = 0; i < COUNT; i++)
        fill(block[i], size[i], (unsigned)i);
    for (size_t i = 0; i < COUNT; i++)
        CHECK(holds(block[i], size[i], (unsigned)i));
    for (size_t i = 0; i < COUNT; i += 2)
        free(block[i]);
    for (size_t i = 0; i < COUNT; i += 2)
        memset(block[i] = malloc(i * 37 % 700), 0, i * 37 % 700);
    for (size_t i = 1; i < COUNT; i += 2)
        CHECK(holds(block[i], size[i], (unsigned)i));
    for (size_t i = 0; i < COUNT; i++)
        free(block[i]);
}

/* ---- Blocks beyond what four bytes can count. ---- */

/* Skip the test where the system does not give so many bytes at once. */
static void needs_bytes(uint64_t bytes)
{
    void *area = MAP_FAILED;

    if (bytes <= SIZE_MAX)
        area = mmap(NULL, (size_t)bytes, PROT_READ | PROT_WRITE,
                    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (area == MAP_FAILED)
        check_skip("the system does not give that much");
    munmap(area, (size_t)bytes);
}

static const uint64_t more_than_4_gib = 5000000000;

/* Mark both ends of a block of that size, and free it. */
static void use_ends(char *block, size_t size)
{
    CHECK(block && malloc_usable_size(block) >= size);
    block[0] = block[size - 1] = 1;
    free(touched(block));
}

static void serves_more_than_4_gib(void)
{
    needs("sparse");
    needs_bytes(2 * more_than_4_gib);
    size_t size = (size_t)more_than_4_gib;
    char *zero = calloc(size / 8, 8);
    CHECK(zero && zero[0] == 0 && zero[size / 2] == 0 && zero[size - 1] == 0);
    use_ends(zero, size);
    use_ends(malloc(size), size);
    use_ends(aligned_alloc(4096, size / 4096 * 4096), size / 4096 * 4096);
    char *block = malloc(1000);
    fill(block, 1000, 1);
    CHECK((block = realloc(block, size)) && holds(block, 1000, 1));
    block[size - 1] = 1;
    CHECK((block = realloc(block, 2000)) && holds(block, 1000, 1));
    free(block);
}

/* Several live at a time, of one byte and of more than a page. */
static void aligns_to_gibibytes(void)
{
    enum { COUNT = 12 };
    char *block[COUNT];

    needs_bytes(2 * more_than_4_gib);
    for (int i = 0; i < COUNT; i++) {
        size_t align = (size_t)2 * MIB << i;
        block[i] = posix_aligned(align, i % 2 ? 1 : 3 * MIB + 5);
        CHECK(at_multiple(block[i], align));
        fill(block[i], i % 2 ? 1 : 3 * MIB + 5, (unsigned)i);
    }
    for (int i = 0; i < COUNT; i++) {
        CHECK(holds(block[i], i % 2 ? 1 : 3 * MIB + 5, (unsigned)i));
        CHECK((block[i] = realloc(block[i], 100)));
        CHECK(holds(block[i], 1, (unsigned)i));
        free(block[i]);
    }
}

static void untouched_pages_stay_so(void)
{
    size_t size = 512 * MIB, before = resident();

    needs("sparse");
    needs_bytes(3 * size);
    char *block = calloc(size, 1);
    CHECK(block && block[size / 2] == 0);
    block[0] = block[size - 1] = 1;
    CHECK((block = realloc(block, 2 * size)));
    CHECK(block[0] == 1 && block[size - 1] == 1);
    block[2 * size - 1] = 2;
    CHECK((block = realloc(block, size + 100)));
    CHECK(block[0] == 1 && block[size - 1] == 1);
    CHECK(resident() < before + 64 * MIB);
    free(touched(block));
}

/* ---- Giving back. ---- */

static void gives_back_a_large_block(void)
{
    char *block = malloc(64 * MIB);
    CHECK(block);
    fill(block, 64 * MIB, 1);
    size_t before = resident();
    free(touched(block));
    CHECK(resident() < before - 32 * MIB);
}

static void gives_back_many_small_blocks(void)
{
    enum { COUNT = 32768 };
    static char *block[COUNT];

    needs("give-back");
    for (int i = 0; i < COUNT; i++)
        memset(block[i] = malloc(1000), 1, 1000);
    size_t before = resident();
    for (int i = 0; i < COUNT; i++)
        free(block[i]);
    CHECK(resident() < before - 16 * MIB);
}

/* One block of the first peak stays, so that no break can fall below it. */
static void gives_back_after_each_peak(void)
{
    enum { TOTAL = 30 * MIB, LEAST = 700, PEAKS = 4 };
    static char *block[TOTAL / LEAST];

    needs("give-back");
    needs("peaks");
    memset(block, 0, sizeof block);
    size_t start = resident();
    for (int peak = 0; peak < PEAKS; peak++) {
        size_t size = peak % 2 ? LEAST : 3000, count = TOTAL / size;
        for (size_t i = 0; i < count; i++)
            memset(block[i] = malloc(size), 1, size);
        if (peak == 0)
            touched(malloc(size));
        for (size_t i = 0; i < count; i++)
            free(block[i]);
        CHECK(resident() < start + 6 * MIB);
    }
}

/* ---- Second names. ---- */

/* The C library's function of that name, or who has replaced it. */
static void *named(const char *name)
{
    void *function = dlsym(RTLD_DEFAULT, name);

    if (!function)
        check_skip("the C library has no such name");
    return function;
}

static void check_and_resize(void *block, size_t size)
{
    CHECK(block && malloc_usable_size(block) >= size);
    fill(block, size, 1);
    block = realloc(block, 5000);
    CHECK(block && holds(block, size, 1));
    free(block);
}

/* A block by one name may be given back by another. */
static void second_names_are_of_one_heap(void)
{
    void *(*more)(size_t) = (void *(*)(size_t))named("__libc_malloc");
    void *(*zeroed)(size_t, size_t) =
        (void *(*)(size_t, size_t))named("__libc_calloc");
    void *(*aligned)(size_t, size_t) =
        (void *(*)(size_t, size_t))named("__libc_memalign");
    void *(*resize)(void *, size_t) =
        (void *(*)(void *, size_t))named("__libc_realloc");
    void (*release)(void *) = (void (*)(void *))named("__libc_free");

    check_and_resize(more(50), 50);
    check_and_resize(zeroed(3, 30), 90);
    check_and_resize(aligned(64, 100), 100);
    check_and_resize(resize(malloc(70), 700), 700);
    release(calloc(3, 30));
    release(memalign(4096, 100));
}

static const struct test tests[] = {
    {"zero-bytes-are-a-block", zero_bytes_are_a_block},
    {"realloc-of-null-is-malloc", realloc_of_null_is_malloc},
    {"realloc-to-zero-is-null", realloc_to_zero_is_null},
    {"realloc-to-zero-frees", realloc_to_zero_frees},
    {"free-of-null-does-nothing", free_of_null_does_nothing},
    {"free-keeps-errno", free_keeps_errno},
    {"calloc-is-zero", calloc_is_zero},
    {"calloc-clears-used-memory", calloc_clears_used_memory},
    {"calloc-does-not-wrap", calloc_does_not_wrap},
    {"refuses-what-cannot-be", refuses_what_cannot_be},
    {"a-refused-realloc-keeps-the-block", a_refused_realloc_keeps_the_block},
    {"reallocarray-does-not-wrap", reallocarray_does_not_wrap},
    {"no-memory-is-survived", no_memory_is_survived},
    {"posix-memalign-says-no-memory", posix_memalign_says_no_memory},
    {"every-block-is-aligned", every_block_is_aligned},
    {"every-block-is-aligned-after-realloc",
     every_block_is_aligned_after_realloc},
    {"aligns-to-every-power", aligns_to_every_power},
    {"posix-memalign-aligns", posix_memalign_aligns},
    {"rounds-alignments-up", rounds_alignments_up},
    {"aligned-alloc-takes-what-libc-takes",
     aligned_alloc_takes_what_libc_takes},
    {"refuses-endless-alignments", refuses_endless_alignments},
    {"posix-memalign-refuses-what-is-no-power",
     posix_memalign_refuses_what_is_no_power},
    {"posix-memalign-leaves-errno", posix_memalign_leaves_errno},
    {"posix-memalign-leaves-errno-when-it-fails",
     posix_memalign_leaves_errno_when_it_fails},
    {"valloc-gives-pages", valloc_gives_pages},
    {"pvalloc-gives-whole-pages", pvalloc_gives_whole_pages},
    {"realloc-keeps-contents", realloc_keeps_contents},
    {"realloc-keeps-what-grows", realloc_keeps_what_grows},
    {"aligned-blocks-can-be-resized", aligned_blocks_can_be_resized},
    {"aligned-blocks-are-freed", aligned_blocks_are_freed},
    {"blocks-are-freed", blocks_are_freed},
    {"usable-size-covers-the-request", usable_size_covers_the_request},
    {"usable-bytes-are-the-programs", usable_bytes_are_the_programs},
    {"serves-more-than-4-gib", serves_more_than_4_gib},
    {"aligns-to-gibibytes", aligns_to_gibibytes},
    {"untouched-pages-stay-so", untouched_pages_stay_so},
    {"gives-back-a-large-block", gives_back_a_large_block},
    {"gives-back-many-small-blocks", gives_back_many_small_blocks},
    {"second-names-are-of-one-heap", second_names_are_of_one_heap},
    {"gives-back-after-each-peak", gives_back_after_each_peak},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
