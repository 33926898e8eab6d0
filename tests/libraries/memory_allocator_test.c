/*
 * memory_allocator_test.c - what memory_allocator.h promises, over the system.
 *
 * The library's blocks adjoin where nobody else moves the break; then equal
 * and neighbouring addresses show what was split, merged and resized in place.
 */
#define _GNU_SOURCE
#include "../check.h"
#include "contents.h"

#include "memory_allocator.h"

#include <errno.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <pthread.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/syscall.h>

enum {
    PAGE = 4096,
    STEP = 4096, /* the break moves by multiples of it */
    HEADER = 16,
    LARGE = MMAP_THRESHOLD,
};

/* Sizes of blocks on both sides of every border. */
static const size_t sizes[] = {
    1,         15,        16,        17,
    1000,      STEP - 1,  STEP,      20000,
    LARGE - 1, LARGE,     LARGE + 1, LARGE + PAGE,
    2 * LARGE, 7 * LARGE, 64,        7 * LARGE - 3,
};

enum { SIZES = sizeof sizes / sizeof *sizes };

/* From one block to the block behind it. */
static size_t apart(size_t payload)
{
    size_t size = (payload + HEADER + 15) & ~(size_t)15;

    return size < 2 * HEADER ? 2 * HEADER : size;
}

static unsigned char *brk_now(void)
{
    return sbrk(0);
}

static size_t system_page(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* A block in use, aligned and filled. */
static unsigned char *fresh(size_t size, unsigned seed)
{
    unsigned char *p = memalloc(size);

    CHECK(p && (uintptr_t)p % 16 == 0);
    fill(p, size, seed);
    return p;
}

/* Leave nothing free at the end of the heap. */
static void use_up(void)
{
    unsigned char *p = memalloc(1), *end = brk_now() - HEADER;
    size_t rest = (size_t)(end - (p - HEADER + apart(1)));

    CHECK(end >= p);
    memalloc(rest < 2 * HEADER ? 0 : rest - HEADER);
}

/* Is p handed out, for that size, before the break moves? */
static bool is_free_for(size_t size, const unsigned char *p)
{
    unsigned char *brk = brk_now();

    for (;;) {
        unsigned char *found = memalloc(size);

        if (found == p || !found || brk_now() != brk)
            return found == p;
    }
}

/* Is the page that p lies in mapped? */
static bool mapped(const unsigned char *p)
{
    unsigned char resident[1];
    uintptr_t page = (uintptr_t)p & ~((uintptr_t)system_page() - 1);

    return mincore((void *)page, 1, resident) == 0;
}

/* NULL, for want of memory? */
static bool refused(const void *p)
{
    bool said = !p && errno == ENOMEM;

    errno = 0;
    return said;
}

static void set_data_limit(rlim_t bytes)
{
    struct rlimit limit;

    CHECK(getrlimit(RLIMIT_DATA, &limit) == 0);
    limit.rlim_cur = bytes < limit.rlim_max ? bytes : limit.rlim_max;
    CHECK(setrlimit(RLIMIT_DATA, &limit) == 0);
}

/* From here on the system gives no memory, neither by the break nor mapped. */
static void shortage_begins(void)
{
    set_data_limit(PAGE); /* of 0 Linux lets mappings pass */
    CHECK(sbrk(STEP) == (void *)-1);
    errno = 0;
}

/* Before a test ends: a sanitizer wants memory then. */
static void shortage_ends(void)
{
    set_data_limit(RLIM_INFINITY);
}

/* Those bytes, and behind them memory that must not be touched. */
static unsigned char *at_the_edge(size_t size)
{
    size_t page = system_page(), pages = (size + page - 1) & ~(page - 1);
    unsigned char *area = mmap(NULL, pages + page, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(area != MAP_FAILED);
    CHECK(mprotect(area + pages, page, PROT_NONE) == 0);
    return area + pages - size;
}

/* ---- Blocks. ---- */

static void blocks_are_aligned_and_apart(void)
{
    enum { COUNT = 700 };
    unsigned char *block[COUNT];

    for (unsigned i = 1; i < COUNT; i++)
        block[i] = fresh(i, i);
    for (unsigned i = 1; i < COUNT; i++)
        CHECK(filled(block[i], i, i));
    for (unsigned i = 1; i < COUNT; i += 2)
        memfree(block[i]);
    for (unsigned i = 2; i < COUNT; i += 2)
        CHECK(filled(block[i], i, i));
}

static void blocks_of_all_sizes_hold_them(void)
{
    unsigned char *block[SIZES];

    for (unsigned i = 0; i < SIZES; i++)
        block[i] = fresh(sizes[i], i);
    for (unsigned i = 0; i < SIZES; i++)
        CHECK(filled(block[i], sizes[i], i));
    for (unsigned i = 0; i < SIZES; i++) {
        memfree(block[i]);
        for (unsigned k = i + 1; k < SIZES; k++)
            CHECK(filled(block[k], sizes[k], k));
    }
}

static void small_blocks_take_little(void)
{
    unsigned char *a = memalloc(1), *b = memalloc(16), *c = memalloc(17);
    unsigned char *d = memalloc(32), *e = memalloc(33), *f = memalloc(1);

    CHECK(b == a + 32 && c == b + 32 && d == c + 48);
    CHECK(e == d + 48 && f == e + 64);
    CHECK(brk_now() - a <= STEP);
}

static void free_blocks_are_used_again(void)
{
    unsigned char *p = memalloc(1000), *brk = brk_now();

    for (unsigned i = 0; i < 20000; i++) {
        memfree(p);
        p = memalloc(i % 3000 + 1);
        CHECK(p);
    }
    CHECK(brk_now() == brk);
}

/* The rest of a free block that is used in part stays free. */
static void free_blocks_are_split(void)
{
    unsigned char *p = memalloc(1000), *wall = memalloc(3000);
    unsigned char *brk = brk_now();

    memfree(p);
    CHECK(memalloc(200) == p);
    CHECK(memalloc(300) == p + apart(200));
    CHECK(memalloc(1000 - apart(200) - apart(300)) ==
          p + apart(200) + apart(300));
    CHECK(brk_now() == brk && wall == p + apart(1000));
}

/* A rest too small for a block stays with the block, and comes back with it. */
static void splinters_are_not_lost(void)
{
    unsigned char *p = memalloc(100), *wall = fresh(100, 1);
    use_up();

    for (size_t size = 1; size <= 100; size++) {
        memfree(p);
        CHECK(memalloc(size) == p);
        fill(p, size, 2);
        memfree(p);
        CHECK(memalloc(100) == p);
        CHECK(filled(wall, 100, 1));
    }
}

/* Three neighbours, freed in each order, are one block. */
static void free_neighbours_merge(void)
{
    static const int orders[][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                    {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};
    const size_t whole = 3 * apart(200) - HEADER;

    for (size_t i = 0; i < sizeof orders / sizeof *orders; i++) {
        unsigned char *low = fresh(200, 1), *b[3];

        for (unsigned k = 0; k < 3; k++)
            b[k] = memalloc(200);
        unsigned char *high = fresh(200, 2);
        CHECK(b[2] == b[0] + 2 * apart(200));
        use_up();
        for (int k = 0; k < 3; k++)
            memfree(b[orders[i][k]]);
        CHECK(memalloc(whole) == b[0]);
        fill(b[0], whole, 3);
        CHECK(filled(low, 200, 1) && filled(high, 200, 2));
    }
}

static void neighbours_in_use_do_not_merge(void)
{
    unsigned char *low = fresh(200, 1), *p = memalloc(200);
    unsigned char *high = fresh(200, 2);
    use_up();

    memfree(p);
    unsigned char *larger = fresh(200 + 16, 3);
    CHECK(larger > high);
    CHECK(filled(low, 200, 1) && filled(high, 200, 2));
    CHECK(memalloc(200) == p);
}

static unsigned below(unsigned bound)
{
    static uint64_t random = 1;

    random = random * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(random >> 33) % bound;
}

/* No byte is lost: what was many blocks is one again, up to the break. */
static void all_that_is_free_is_one_block(void)
{
    enum { COUNT = 300 };
    unsigned char *block[COUNT], *first;

    for (int i = 0; i < COUNT; i++)
        block[i] = fresh(1 + below(500), 1);
    first = block[0];
    for (unsigned i = COUNT; i > 0; i--) {
        unsigned k = below(i);

        memfree(block[k]);
        block[k] = block[i - 1];
    }
    unsigned char *brk = brk_now();
    CHECK(memalloc((size_t)(brk - first) - HEADER) == first);
    CHECK(brk_now() == brk);
}

/* ---- Zero, NULL, too much. ---- */

static bool null_and_errno_kept(const void *p)
{
    return !p && errno == EINTR;
}

static void zero_is_null(void)
{
    errno = EINTR;
    CHECK(null_and_errno_kept(memalloc(0)));
    CHECK(null_and_errno_kept(defalloc(0, 0)));
    CHECK(null_and_errno_kept(defalloc(0, 5)));
    CHECK(null_and_errno_kept(defalloc(5, 0)));
    CHECK(null_and_errno_kept(defalloc(0, SIZE_MAX)));
    CHECK(null_and_errno_kept(defalloc(SIZE_MAX, 0)));
    CHECK(null_and_errno_kept(memdup("x", 0)));
    CHECK(null_and_errno_kept(memresize(NULL, 0)));
}

static void resize_to_zero_frees(void)
{
    unsigned char *p = fresh(1000, 1), *wall = fresh(10, 1);
    use_up();

    errno = EINTR;
    CHECK(null_and_errno_kept(memresize(p, 0)));
    CHECK(memalloc(1000) == p);
    p = fresh(LARGE, 1);
    errno = EINTR;
    CHECK(null_and_errno_kept(memresize(p, 0)));
    CHECK(!mapped(p));
    CHECK(filled(wall, 10, 1));
}

static void null_is_no_block(void)
{
    errno = EINTR;
    memfree(NULL);
    CHECK(errno == EINTR);
    unsigned char *p = memresize(NULL, 1000);
    CHECK(p && errno == EINTR);
    fill(p, 1000, 1);
    CHECK(fresh(10, 1) == p + apart(1000));
    CHECK(!memdup(NULL, 10) && errno == EINVAL);
    errno = 0;
    CHECK(!memdup(NULL, SIZE_MAX) && errno == EINVAL);
}

/* From every one of them, size + what is added wraps around or is negative. */
static void too_much_is_refused(void)
{
    static const size_t much[] = {SIZE_MAX,           SIZE_MAX - 1,
                                  SIZE_MAX - HEADER,  SIZE_MAX - 31,
                                  SIZE_MAX - STEP,    SIZE_MAX - 2 * STEP,
                                  SIZE_MAX / 2 + 2,   (size_t)PTRDIFF_MAX + 1,
                                  PTRDIFF_MAX,        PTRDIFF_MAX - 15,
                                  PTRDIFF_MAX - STEP, PTRDIFF_MAX - 2 * STEP};
    unsigned char *small = fresh(1000, 1), *large = fresh(LARGE, 2);
    unsigned char *brk = brk_now();

    set_data_limit(1 << 30); /* 32 bits have room for PTRDIFF_MAX */
    errno = 0;
    for (size_t i = 0; i < sizeof much / sizeof *much; i++) {
        CHECK(refused(memalloc(much[i])));
        CHECK(refused(defalloc(much[i], 1)) && refused(defalloc(1, much[i])));
        CHECK(refused(memresize(NULL, much[i])));
        CHECK(refused(memresize(small, much[i])));
        CHECK(refused(memresize(large, much[i])));
        CHECK(refused(memdup(small, much[i])));
    }
    CHECK(filled(small, 1000, 1) && filled(large, LARGE, 2));
    CHECK(brk_now() == brk && fresh(10, 1) == small + apart(1000));
    shortage_ends();
}

/* Products that are small, or zero, once they have wrapped around. */
static void products_may_overflow(void)
{
    const size_t half = SIZE_MAX / 2 + 1;
    const size_t root = (size_t)1 << (sizeof(size_t) * 4);

    errno = 0;
    CHECK(refused(defalloc(SIZE_MAX, 2)) && refused(defalloc(2, SIZE_MAX)));
    CHECK(refused(defalloc(half, 2)) && refused(defalloc(2, half)));
    CHECK(refused(defalloc(root, root)));
    CHECK(refused(defalloc(root + 1, root)));
    CHECK(refused(defalloc(SIZE_MAX / 16 + 2, 16)));
    CHECK(refused(defalloc(SIZE_MAX, SIZE_MAX)));
    CHECK(defalloc(root, 1));
}

/* ---- Zeros, copies, bytes. ---- */

static void defalloc_gives_zeros(void)
{
    for (unsigned i = 0; i < SIZES; i++) {
        unsigned char *p = defalloc(1, sizes[i]);

        CHECK(p && (uintptr_t)p % 16 == 0 && all_are(p, sizes[i], 0));
        memset(p, 0xa5, sizes[i]);
    }
    unsigned char *p = defalloc(7, 11), *q = defalloc(300, 1000);
    CHECK(p && all_are(p, 7 * 11, 0) && q && all_are(q, 300000, 0));
    fill(p, 7 * 11, 1);
    fill(q, 300000, 2);
    CHECK(filled(p, 7 * 11, 1));
}

static void defalloc_clears_what_was_used(void)
{
    unsigned char *p = memalloc(5000), *wall = fresh(100, 1);
    use_up();

    for (size_t size = 1; size <= 5000; size += 1 + size / 20) {
        memset(p, 0xa5, 5000);
        memfree(p);
        CHECK(defalloc(size, 1) == p && all_are(p, size, 0));
        memfree(p);
        CHECK(memalloc(5000) == p);
        CHECK(filled(wall, 100, 1));
    }
}

/* What is not the block's is not cleared: the next one stays as it is. */
static void defalloc_clears_no_more(void)
{
    unsigned char *p = memalloc(112), *next = fresh(100, 1);
    use_up();

    memfree(p);
    for (int i = 0; i < 2; i++) {
        CHECK(defalloc(14, 8) == p);
        CHECK(filled(next, 100, 1));
        memfree(next);
        next = fresh(100, 1);
        CHECK(next == p + apart(112));
        memfree(p);
    }
}

static void memdup_copies(void)
{
    for (unsigned i = 0; i < SIZES; i++) {
        unsigned char *source = at_the_edge(sizes[i]), *copy;

        fill(source, sizes[i], i);
        errno = EINTR;
        copy = memdup(source, sizes[i]);
        CHECK(copy && copy != source && errno == EINTR);
        CHECK((uintptr_t)copy % 16 == 0 && filled(copy, sizes[i], i));
        memset(copy, 0, sizes[i]);
        CHECK(filled(source, sizes[i], i));
        memfree(copy);
    }
}

static void memdup_of_own_blocks(void)
{
    unsigned char *p = fresh(100, 1), *copy = memdup(p, 50);

    CHECK(copy && copy != p);
    memset(p, 0, 100);
    CHECK(filled(copy, 50, 1));
    copy = memresize(copy, 3000);
    CHECK(copy && filled(copy, 50, 1));
}

/* memoryset of bytes[from..from + size): that, and nothing beside it? */
static bool sets(size_t from, size_t size, int value)
{
    static _Alignas(16) unsigned char bytes[160];

    memset(bytes, 0x5a, sizeof bytes);
    return memoryset(bytes + from, value, size) == bytes + from &&
           all_are(bytes, from, 0x5a) &&
           all_are(bytes + from, size, (unsigned char)value) &&
           all_are(bytes + from + size, sizeof bytes - from - size, 0x5a);
}

static void memoryset_sets_bytes(void)
{
    static const int values[] = {0, 1, 0x7f, 0x80, 0xff, -1, -2, 256, 0x1234};

    for (size_t i = 0; i < sizeof values / sizeof *values; i++)
        for (size_t from = 0; from < 24; from++)
            for (size_t size = 0; size < 100; size++)
                CHECK(sets(from, size, values[i]));
}

static void memoryset_stops_at_the_edge(void)
{
    for (size_t size = 0; size < 3 * PAGE; size += 1 + size / 16) {
        unsigned char *p = at_the_edge(size);

        errno = EINTR;
        CHECK(memoryset(p, 0x77, size) == p && errno == EINTR);
        CHECK(all_are(p, size, 0x77));
    }
}

/* ---- Resized where they lie. ---- */

static void shrinks_in_place(void)
{
    unsigned char *p = fresh(1000, 1), *wall = fresh(100, 2);
    use_up();
    unsigned char *brk = brk_now();

    CHECK(memresize(p, 400) == p && filled(p, 400, 1));
    CHECK(memalloc(1000 - apart(400)) == p + apart(400));
    CHECK(memresize(p, 1) == p && filled(p, 1, 1));
    CHECK(memalloc(apart(400) - apart(1) - HEADER) == p + apart(1));
    CHECK(filled(wall, 100, 2) && brk_now() == brk);
}

/* What is cut off merges with what is free behind it. */
static void cuttings_merge(void)
{
    unsigned char *p = fresh(1000, 1), *next = memalloc(1000);
    unsigned char *wall = fresh(100, 2);
    use_up();

    memfree(next);
    CHECK(memresize(p, 400) == p && filled(p, 400, 1));
    size_t rest = 2 * apart(1000) - apart(400) - HEADER;
    CHECK(memalloc(rest) == p + apart(400));
    fill(p + apart(400), rest, 3);
    CHECK(filled(p, 400, 1) && filled(wall, 100, 2));
}

static void stays_where_it_fits(void)
{
    unsigned char *p = fresh(100, 1), *wall = fresh(10, 2);

    for (size_t size = 100; size <= apart(100) - HEADER; size++)
        CHECK(memresize(p, size) == p && filled(p, 100, 1));
    CHECK(memresize(p, 100) == p);
    CHECK(filled(wall, 10, 2));
}

static void grows_into_free_memory(void)
{
    unsigned char *p = fresh(100, 1), *next = memalloc(1000);
    unsigned char *wall = fresh(100, 2);
    use_up();

    memfree(next);
    CHECK(memresize(p, 500) == p && filled(p, 100, 1));
    fill(p, 500, 3);
    /* Only as much as it needs: the rest is another's. */
    unsigned char *other = fresh(300, 4);
    CHECK(other == p + apart(500));
    memfree(other);
    /* And all there is. */
    size_t whole = apart(100) + apart(1000) - HEADER;
    CHECK(memresize(p, whole) == p && filled(p, 500, 3));
    fill(p, whole, 5);
    CHECK(filled(wall, 100, 2));
    CHECK(memresize(p, whole + 1) != p);
}

static void grows_with_the_break(void)
{
    unsigned char *p = fresh(100, 1), *brk = brk_now();

    for (size_t size = 101; size < LARGE; size += 777) {
        CHECK(memresize(p, size) == p);
        CHECK(filled(p, size < 777 + 101 ? 100 : size - 777, 1));
        fill(p, size, 1);
    }
    CHECK(brk_now() > brk);
    CHECK(brk_now() - p < LARGE + 2 * STEP);
}

static void moves_where_it_must(void)
{
    unsigned char *p = fresh(1000, 1), *wall = fresh(100, 2);
    unsigned char *moved = memresize(p, 2000);

    CHECK(moved && moved != p && (uintptr_t)moved % 16 == 0);
    CHECK(filled(moved, 1000, 1));
    fill(moved, 2000, 3);
    CHECK(filled(wall, 100, 2));
    CHECK(is_free_for(1000, p)); /* its old place */
}

/* A free neighbour that is too small is left to others. */
static void leaves_what_is_too_small(void)
{
    unsigned char *p = fresh(1000, 1), *next = memalloc(100);
    unsigned char *wall = fresh(100, 2);
    use_up();

    memfree(next);
    unsigned char *moved = memresize(p, 1500);
    CHECK(moved && moved != p && filled(moved, 1000, 1));
    CHECK(is_free_for(apart(1000) + apart(100) - HEADER, p));
    CHECK(filled(wall, 100, 2));
}

static void resizes_from_every_size_to_every(void)
{
    unsigned char *wall = fresh(100, 7);

    for (unsigned from = 0; from < SIZES; from++)
        for (unsigned to = 0; to < SIZES; to++) {
            unsigned char *p = fresh(sizes[from], from);
            size_t kept = sizes[from] < sizes[to] ? sizes[from] : sizes[to];

            errno = EINTR;
            p = memresize(p, sizes[to]);
            CHECK(p && errno == EINTR && (uintptr_t)p % 16 == 0);
            CHECK(filled(p, kept, from));
            fill(p, sizes[to], to);
            memfree(p);
            CHECK(errno == EINTR && filled(wall, 100, 7));
        }
}

/* ---- Mappings. ---- */

static void large_blocks_are_mapped(void)
{
    unsigned char *small = fresh(100, 1), *brk = brk_now();
    unsigned char *p = fresh(LARGE, 2), *q = fresh(50 * LARGE, 3);

    CHECK(brk_now() == brk);
    CHECK(filled(p, LARGE, 2) && filled(q, 50 * LARGE, 3));
    memfree(p);
    CHECK(!mapped(p) && !mapped(p + LARGE - 1));
    memfree(q);
    CHECK(!mapped(q) && !mapped(q + 25 * LARGE) && !mapped(q + 50 * LARGE - 1));
    CHECK(brk_now() == brk && filled(small, 100, 1));
}

static void smaller_blocks_are_not(void)
{
    unsigned char *brk = brk_now(), *p = fresh(LARGE - 1, 1);

    CHECK(p >= brk && p + LARGE - 1 <= brk_now());
    memfree(p);
    CHECK(mapped(p) && memalloc(LARGE - 1) == p);
}

static void crosses_the_threshold(void)
{
    unsigned char *p = fresh(LARGE - 1, 1), *brk = brk_now();
    unsigned char *large = memresize(p, LARGE);

    CHECK(large && brk_now() == brk && filled(large, LARGE - 1, 1));
    CHECK(large < p || large >= brk);
    CHECK(memalloc(LARGE - 1) == p);
    fill(large, LARGE, 2);
    memfree(p);
    CHECK(memresize(large, LARGE - 1) == p && filled(p, LARGE - 1, 2));
    CHECK(!mapped(large) && brk_now() == brk);
}

static void mappings_resize_within_their_pages(void)
{
    size_t page = system_page(), most = LARGE + page - HEADER;
    unsigned char *p = fresh(LARGE, 1);

    CHECK(memresize(p, most) == p && filled(p, LARGE, 1));
    fill(p, most, 2);
    CHECK(memresize(p, LARGE) == p && filled(p, LARGE, 2));
    CHECK(mapped(p + most - 1));
    memfree(p);
    CHECK(!mapped(p) && !mapped(p + most - 1));
}

static void mappings_shrink_in_place(void)
{
    unsigned char *p = fresh(10 * LARGE, 1);

    CHECK(memresize(p, 5 * LARGE) == p && filled(p, 5 * LARGE, 1));
    CHECK(mapped(p + 5 * LARGE - 1) && !mapped(p + 6 * LARGE));
    CHECK(!mapped(p + 10 * LARGE - 1));
    CHECK(memresize(p, LARGE) == p && filled(p, LARGE, 1));
    CHECK(!mapped(p + 5 * LARGE - 1));
    memfree(p);
    CHECK(!mapped(p) && !mapped(p + LARGE - 1));
}

static void mappings_grow(void)
{
    unsigned char *p = fresh(LARGE, 1), *q = memresize(p, 3 * LARGE);

    CHECK(q && filled(q, LARGE, 1));
    CHECK(q == p || !mapped(p));
    fill(q, 3 * LARGE, 2);
    q = memresize(q, 9 * LARGE);
    CHECK(q && filled(q, 3 * LARGE, 2));
    fill(q, 9 * LARGE, 3);
}

/* ---- The system refuses. ---- */

static void refusals_are_null(void)
{
    char source[100] = "abc";

    shortage_begins();
    CHECK(refused(memalloc(1)));
    CHECK(refused(memalloc(LARGE)));
    CHECK(refused(defalloc(10, 10)) && refused(defalloc(10, LARGE)));
    CHECK(refused(memresize(NULL, 100)));
    CHECK(refused(memdup(source, sizeof source)));
    shortage_ends();
    CHECK(fresh(1, 1) && fresh(LARGE, 1));
}

static void refused_resizes_change_nothing(void)
{
    unsigned char *p = fresh(1000, 1), *wall = fresh(5000, 2);
    unsigned char *large = fresh(2 * LARGE, 3);

    shortage_begins();
    CHECK(refused(memresize(p, 50000)));
    CHECK(refused(memresize(p, LARGE)));
    CHECK(refused(memresize(wall, 50000)));
    CHECK(refused(memresize(large, 3 * LARGE)));
    CHECK(refused(memresize(large, LARGE - 1)));
    CHECK(filled(p, 1000, 1) && filled(wall, 5000, 2));
    CHECK(filled(large, 2 * LARGE, 3) && mapped(large + 2 * LARGE - 1));
    shortage_ends();
    CHECK(memresize(wall, 50000) == wall && filled(wall, 5000, 2));
    CHECK(memresize(large, LARGE) == large && filled(large, LARGE, 3));
    memfree(p);
    CHECK(is_free_for(1000, p));
}

static void free_memory_serves_in_a_shortage(void)
{
    unsigned char *p = fresh(1000, 1), *q = fresh(1000, 2);
    unsigned char *large = fresh(2 * LARGE, 3), *rest = fresh(1000, 4);

    shortage_begins();
    CHECK(memresize(p, 500) == p && filled(p, 500, 1));
    CHECK(memresize(p, 1000) == p && filled(p, 500, 1));
    CHECK(memresize(large, LARGE) == large && filled(large, LARGE, 3));
    memfree(q);
    CHECK(defalloc(1000, 1) == q && all_are(q, 1000, 0));
    memfree(large);
    CHECK(errno == 0);
    CHECK(!mapped(large) && filled(rest, 1000, 4));
    shortage_ends();
}

/* It could have grown with the break; so it moves, and errno says nothing. */
static void moves_where_the_break_cannot(void)
{
    unsigned char *hole = memalloc(3000), *wall = fresh(1, 1);
    unsigned char *p = fresh(500, 2);

    memfree(hole);
    shortage_begins();
    errno = EINTR;
    CHECK(memresize(p, 2990) == hole && errno == EINTR);
    CHECK(filled(hole, 500, 2) && filled(wall, 1, 1));
    shortage_ends();
    CHECK(memalloc(500) == p);
}

static void errno_is_kept(void)
{
    errno = EINTR;
    unsigned char *p = memalloc(10), *large = memalloc(LARGE);
    CHECK(p && large && errno == EINTR);
    CHECK((p = memresize(p, 60000)) && errno == EINTR);
    CHECK((p = memresize(p, LARGE)) && errno == EINTR);
    CHECK((large = memresize(large, 100)) && errno == EINTR);
    CHECK(defalloc(10, 10) && defalloc(2, LARGE) && errno == EINTR);
    CHECK(memdup(large, 100) && errno == EINTR);
    memfree(p);
    memfree(large);
    CHECK(errno == EINTR);
}

/* From here on munmap fails, as where a process has too many mappings. */
static void refuse_unmaps(void)
{
    struct sock_filter code[] = {
        BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
        BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_munmap, 0, 1),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | ENOMEM),
        BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
    };
    struct sock_fprog filter = {sizeof code / sizeof *code, code};
    void *page = mmap(NULL, system_page(), PROT_READ,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(page != MAP_FAILED);
    if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ||
        prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &filter) != 0)
        check_skip("no filter of system calls");
    CHECK(munmap(page, system_page()) == -1 && errno == ENOMEM);
}

static void refused_unmaps_go_unnoticed(void)
{
    unsigned char *a = fresh(4 * LARGE, 1), *b = fresh(LARGE, 2);

    refuse_unmaps();
    errno = EINTR;
    CHECK(memresize(a, 2 * LARGE) == a && filled(a, 2 * LARGE, 1));
    CHECK((b = memresize(b, 100)) && filled(b, 100, 2));
    /* It has kept the pages that the system did not take. */
    CHECK(memresize(a, 4 * LARGE) == a && filled(a, 4 * LARGE, 1));
    memfree(a);
    CHECK(errno == EINTR);
    _exit(0); /* a sanitizer's own exit unmaps */
}

/* ---- Others move the break. ---- */

static unsigned char *foreign(intptr_t bytes, int value)
{
    unsigned char *area = sbrk(bytes);

    CHECK(area != (void *)-1);
    memset(area, value, (size_t)bytes);
    return area;
}

/* Whatever they take, and however it is aligned, stays theirs. */
static void foreign_memory_is_not_touched(void)
{
    enum { ROUNDS = 64 };
    unsigned char *ours[ROUNDS], *theirs[ROUNDS];

    for (unsigned i = 0; i < ROUNDS; i++) {
        ours[i] = fresh(5000, i);
        theirs[i] = foreign(1 + i * 37 % 100, 0xee);
    }
    for (unsigned i = 0; i < ROUNDS; i++) {
        CHECK(filled(ours[i], 5000, i));
        memfree(ours[i]);
    }
    for (unsigned i = 0; i < 2 * ROUNDS; i++)
        fresh(2000, i);
    for (unsigned i = 0; i < ROUNDS; i++)
        CHECK(all_are(theirs[i], 1 + i * 37 % 100, 0xee));
}

static void blocks_do_not_merge_across_others(void)
{
    unsigned char *a = memalloc(STEP - 3 * HEADER);
    unsigned char *theirs = foreign(32, 0xee);
    unsigned char *b = memalloc(STEP), *brk = brk_now();

    CHECK(theirs == a + STEP - HEADER && b > theirs);
    memfree(a);
    memfree(b);
    unsigned char *p = fresh(2 * STEP, 1);
    CHECK(p >= b && brk_now() > brk);
    CHECK(memalloc(STEP - 3 * HEADER) == a);
    CHECK(all_are(theirs, 32, 0xee));
}

static void does_not_grow_into_others(void)
{
    unsigned char *p = fresh(3000, 1), *theirs = foreign(64, 0xee);
    unsigned char *moved = memresize(p, 9000);

    CHECK(moved && moved > theirs && filled(moved, 3000, 1));
    fill(moved, 9000, 2);
    CHECK(all_are(theirs, 64, 0xee));
    CHECK(is_free_for(3000, p));
}

/* After a foreign move of any size our segments are as good as before. */
static void grows_in_place_behind_others(void)
{
    for (int bytes = 1; bytes <= 33; bytes++) {
        unsigned char *theirs = foreign(bytes, 0xee);
        unsigned char *p = fresh(LARGE / 2, 1);

        CHECK(memresize(p, LARGE - 1) == p && filled(p, LARGE / 2, 1));
        fill(p, LARGE - 1, 2);
        CHECK(p + LARGE - 1 <= brk_now());
        memfree(fresh(LARGE - 1, 3));
        CHECK(filled(p, LARGE - 1, 2) && all_are(theirs, bytes, 0xee));
        CHECK(memalloc(LARGE - 1));
    }
}

/* Who took memory and gave it back has left the break where it was. */
static void grows_where_others_were(void)
{
    unsigned char *p = fresh(1000, 1);

    foreign(5000, 0xee);
    CHECK(sbrk(-5000) != (void *)-1);
    CHECK(memresize(p, 20000) == p && filled(p, 1000, 1));
    unsigned char *zeros = defalloc(1, 3000);
    CHECK(zeros && all_are(zeros, 3000, 0));
}

/* ---- A long run against a model. ---- */

enum { SLOTS = 200, FOREIGN = 100 };

static struct model {
    unsigned char *block[SLOTS], *theirs[FOREIGN];
    size_t size[SLOTS];
    int others;
} model;

/* Mostly small, some of a few steps, a few mapped. */
static size_t some_size(unsigned (*random)(unsigned))
{
    unsigned kind = random(100);

    if (kind < 75)
        return 1 + random(300);
    if (kind < 98)
        return 1 + random(9000);
    return 1 + random(3 * LARGE);
}

static void model_new(unsigned i)
{
    size_t size = some_size(below);
    unsigned char *p;

    if (below(2) == 0) {
        p = defalloc(1, size);
        CHECK(p && all_are(p, size, 0));
    } else {
        p = memalloc(size);
        CHECK(p);
    }
    fill(p, size, i);
    model.block[i] = p;
    model.size[i] = size;
}

static void model_resize(unsigned i)
{
    size_t size = some_size(below), old = model.size[i];
    unsigned char *p = memresize(model.block[i], size);

    CHECK(p && (uintptr_t)p % 16 == 0);
    CHECK(filled(p, size < old ? size : old, i));
    fill(p, size, i);
    model.block[i] = p;
    model.size[i] = size;
}

static void model_free(unsigned i)
{
    CHECK(filled(model.block[i], model.size[i], i));
    memfree(model.block[i]);
    model.block[i] = NULL;
}

static void keeps_every_block(void)
{
    for (unsigned step = 0; step < 60000; step++) {
        unsigned i = below(SLOTS);

        if (!model.block[i])
            model_new(i);
        else if (below(3) == 0)
            model_resize(i);
        else
            model_free(i);
        if (below(1000) == 0 && model.others < FOREIGN)
            model.theirs[model.others++] = foreign(24, 0xee);
    }
    for (unsigned i = 0; i < SLOTS; i++)
        if (model.block[i])
            model_free(i);
    for (int i = 0; i < model.others; i++)
        CHECK(all_are(model.theirs[i], 24, 0xee));
}

/* ---- Threads and processes. ---- */

enum { THREADS = 4, TURNS = 30000, SHARED = 64 };

/* What lies in a block of the exchange, before its pattern. */
struct parcel {
    size_t size;
    unsigned seed;
    unsigned char bytes[];
};

static struct parcel *exchange[SHARED];
static __thread unsigned thread_random;

static unsigned thread_below(unsigned bound)
{
    thread_random = thread_random * 1664525u + 1013904223u;
    return (thread_random >> 8) % bound;
}

static struct parcel *parcel_new(void)
{
    size_t size = some_size(thread_below) % 5000;
    struct parcel *p = memalloc(sizeof *p + size);

    CHECK(p);
    *p = (struct parcel){size, thread_random};
    fill(p->bytes, size, p->seed);
    return p;
}

static struct parcel *parcel_resize(struct parcel *p)
{
    size_t size = thread_below(20) == 0 ? LARGE : thread_below(2000), old;

    p = memresize(p, sizeof *p + size);
    CHECK(p);
    old = p->size;
    CHECK(filled(p->bytes, size < old ? size : old, p->seed));
    fill(p->bytes, size, p->seed);
    p->size = size;
    return p;
}

/* Blocks pass from thread to thread: each frees and resizes what others made. */
static void *work(void *number)
{
    thread_random = *(unsigned *)number;
    for (int turn = 0; turn < TURNS; turn++) {
        struct parcel **place = &exchange[thread_below(SHARED)];
        struct parcel *p = parcel_new();

        p = __atomic_exchange_n(place, p, __ATOMIC_ACQ_REL);
        if (p && thread_below(4) == 0) {
            p = parcel_resize(p);
            p = __atomic_exchange_n(place, p, __ATOMIC_ACQ_REL);
        }
        if (p)
            CHECK(filled(p->bytes, p->size, p->seed));
        memfree(p);
    }
    return NULL;
}

static void threads_share_the_heap(void)
{
    pthread_t thread[THREADS];
    unsigned numbers[THREADS];

    for (unsigned i = 0; i < THREADS; i++) {
        numbers[i] = i + 100;
        CHECK(pthread_create(&thread[i], NULL, work, &numbers[i]) == 0);
    }
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(thread[i], NULL) == 0);
    for (int i = 0; i < SHARED; i++)
        if (exchange[i])
            CHECK(filled(exchange[i]->bytes, exchange[i]->size,
                         exchange[i]->seed));
}

static bool stop;

static void *churn(void *unused)
{
    (void)unused;
    while (!__atomic_load_n(&stop, __ATOMIC_RELAXED))
        memfree(memalloc(100));
    return NULL;
}

static _Noreturn void child_allocates(unsigned char *kept)
{
    alarm(check_seconds());
    unsigned char *p = memalloc(500), *large = memalloc(LARGE);

    fill(p, 500, 2);
    fill(large, LARGE, 3);
    p = memresize(p, 50000);
    bool good = filled(p, 500, 2) && filled(kept, 1000, 1);
    fill(kept, 1000, 4);
    memfree(kept);
    memfree(large);
    memfree(p);
    _exit(good ? 0 : 1);
}

/* The child of a process whose other threads are at work may go on. */
static void forked_children_allocate(void)
{
    pthread_t thread[2];
    unsigned char *kept = fresh(1000, 1);

    for (int i = 0; i < 2; i++)
        CHECK(pthread_create(&thread[i], NULL, churn, NULL) == 0);
    for (int i = 0; i < 200; i++) {
        int status = -1;
        pid_t child = fork();

        if (child == 0)
            child_allocates(kept);
        CHECK(child > 0 && waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    __atomic_store_n(&stop, true, __ATOMIC_RELAXED);
    for (int i = 0; i < 2; i++)
        CHECK(pthread_join(thread[i], NULL) == 0);
    CHECK(filled(kept, 1000, 1));
}

static const struct test tests[] = {
    {"blocks-are-aligned-and-apart", blocks_are_aligned_and_apart},
    {"blocks-of-all-sizes-hold-them", blocks_of_all_sizes_hold_them},
    {"small-blocks-take-little", small_blocks_take_little},
    {"free-blocks-are-used-again", free_blocks_are_used_again},
    {"free-blocks-are-split", free_blocks_are_split},
    {"splinters-are-not-lost", splinters_are_not_lost},
    {"free-neighbours-merge", free_neighbours_merge},
    {"neighbours-in-use-do-not-merge", neighbours_in_use_do_not_merge},
    {"all-that-is-free-is-one-block", all_that_is_free_is_one_block},
    {"zero-is-null", zero_is_null},
    {"resize-to-zero-frees", resize_to_zero_frees},
    {"null-is-no-block", null_is_no_block},
    {"too-much-is-refused", too_much_is_refused},
    {"products-may-overflow", products_may_overflow},
    {"defalloc-gives-zeros", defalloc_gives_zeros},
    {"defalloc-clears-what-was-used", defalloc_clears_what_was_used},
    {"defalloc-clears-no-more", defalloc_clears_no_more},
    {"memdup-copies", memdup_copies},
    {"memdup-of-own-blocks", memdup_of_own_blocks},
    {"memoryset-sets-bytes", memoryset_sets_bytes},
    {"memoryset-stops-at-the-edge", memoryset_stops_at_the_edge},
    {"shrinks-in-place", shrinks_in_place},
    {"cuttings-merge", cuttings_merge},
    {"stays-where-it-fits", stays_where_it_fits},
    {"grows-into-free-memory", grows_into_free_memory},
    {"grows-with-the-break", grows_with_the_break},
    {"moves-where-it-must", moves_where_it_must},
    {"leaves-what-is-too-small", leaves_what_is_too_small},
    {"resizes-from-every-size-to-every", resizes_from_every_size_to_every},
    {"large-blocks-are-mapped", large_blocks_are_mapped},
    {"smaller-blocks-are-not", smaller_blocks_are_not},
    {"crosses-the-threshold", crosses_the_threshold},
    {"mappings-resize-within-their-pages", mappings_resize_within_their_pages},
    {"mappings-shrink-in-place", mappings_shrink_in_place},
    {"mappings-grow", mappings_grow},
    {"refusals-are-null", refusals_are_null},
    {"refused-resizes-change-nothing", refused_resizes_change_nothing},
    {"free-memory-serves-in-a-shortage", free_memory_serves_in_a_shortage},
    {"moves-where-the-break-cannot", moves_where_the_break_cannot},
    {"errno-is-kept", errno_is_kept},
    {"refused-unmaps-go-unnoticed", refused_unmaps_go_unnoticed},
    {"foreign-memory-is-not-touched", foreign_memory_is_not_touched},
    {"blocks-do-not-merge-across-others", blocks_do_not_merge_across_others},
    {"does-not-grow-into-others", does_not_grow_into_others},
    {"grows-in-place-behind-others", grows_in_place_behind_others},
    {"grows-where-others-were", grows_where_others_were},
    {"keeps-every-block", keeps_every_block},
    {"threads-share-the-heap", threads_share_the_heap},
    {"forked-children-allocate", forked_children_allocate},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
