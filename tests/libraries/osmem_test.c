/*
 * osmem_test.c - os_malloc and its kin keep what osmem.h promises.
 */
#define _GNU_SOURCE
#include "../check.h"
#include "contents.h"
#include "process.h"

#include "osmem.h"

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdint.h>
#include <sys/mman.h>
#include <sys/resource.h>

enum {
    HEADER = 16,
    THRESHOLD = MMAP_THRESHOLD,
    LARGE = THRESHOLD - HEADER, /* the smallest payload of a mapping */
    NEVER = 0x7a,               /* an errno that nobody sets */
};

static const size_t MOST = PTRDIFF_MAX;

static char *lo;       /* the break when the test began */
static size_t page;    /* size of one */
static size_t cleared; /* the smallest payload of a mapping of os_calloc */

static void *(*system_sbrk)(intptr_t);
static intptr_t intruder; /* moves the break by that before osmem's next move */

/* The library's sbrk, too: this program is linked before the C library. */
void *sbrk(intptr_t increment)
{
    if (increment != 0 && intruder != 0) {
        memset(system_sbrk(intruder), 0x99, (size_t)intruder);
        intruder = 0;
    }
    return system_sbrk(increment);
}

static char *brk_now(void)
{
    return system_sbrk(0);
}

/* Move the break as somebody else would. */
static unsigned char *foreign(size_t bytes)
{
    unsigned char *area = system_sbrk((intptr_t)bytes);

    memset(area, 0x99, bytes);
    return area;
}

static bool is_aligned(const void *p, size_t align)
{
    return (uintptr_t)p % align == 0;
}

static bool in_heap(const void *p)
{
    return is_aligned(p, 16) && (char *)p > lo && (char *)p < brk_now();
}

static bool is_there(const void *p)
{
    unsigned char resident;

    return mincore((char *)p - (uintptr_t)p % page, 1, &resident) == 0;
}

static bool in_mapping(const void *p)
{
    return (uintptr_t)p % page == HEADER && is_there(p) &&
           ((char *)p < lo || (char *)p >= brk_now());
}

/* What a block of that payload takes of the heap. */
static size_t taken(size_t payload)
{
    size_t size = (payload + HEADER + 15) & ~(size_t)15;

    return size < 32 ? 32 : size;
}

static unsigned char *new_filled(size_t size, unsigned seed)
{
    unsigned char *p = os_malloc(size);

    CHECK(p && is_aligned(p, 16));
    fill(p, size, seed);
    return p;
}

/* NULL for want of memory? */
static bool no_memory(const void *p)
{
    bool said = !p && errno == ENOMEM;

    errno = NEVER;
    return said;
}

static bool is_null(const void *p)
{
    return !p && errno == NEVER;
}

static void limit(int resource, bool refuse)
{
    struct rlimit limits;

    CHECK(getrlimit((unsigned)resource, &limits) == 0);
    limits.rlim_cur = refuse ? 0 : limits.rlim_max;
    CHECK(setrlimit((unsigned)resource, &limits) == 0);
}

/* From now on the system refuses every request, or none. */
static void system_refuses(bool refuse)
{
    limit(RLIMIT_DATA, refuse);
    limit(RLIMIT_AS, refuse);
}

/*
 * A heap where nothing is free: the break has been moved by what was missing.
 * Blocks that follow lie behind each other up to the break.
 */
static void use_up_heap(void)
{
    os_malloc(1);
    os_malloc(LARGE - 1);
}

/* ---- Arguments. ---- */

static void zero_bytes_are_null(void)
{
    errno = NEVER;
    CHECK(is_null(os_malloc(0)));
    CHECK(is_null(os_calloc(0, 0)));
    CHECK(is_null(os_calloc(0, 5)) && is_null(os_calloc(5, 0)));
    CHECK(is_null(os_calloc(0, SIZE_MAX)) && is_null(os_calloc(SIZE_MAX, 0)));
    CHECK(is_null(os_realloc(NULL, 0)));
    CHECK(brk_now() == lo);
}

static void null_is_no_block(void)
{
    errno = NEVER;
    os_free(NULL);
    CHECK(errno == NEVER && brk_now() == lo);
    CHECK(in_heap(os_realloc(NULL, 1)) && brk_now() == lo + THRESHOLD);
    CHECK(in_heap(os_realloc(NULL, LARGE - 1)));
    CHECK(in_mapping(os_realloc(NULL, LARGE)));
    CHECK(errno == NEVER);
}

static void too_much_is_refused(void)
{
    const size_t sizes[] = {SIZE_MAX,  SIZE_MAX - 15,      SIZE_MAX - 16,
                            MOST,      SIZE_MAX - 4096,    MOST + 1,
                            MOST + 17, SIZE_MAX / 2 + 4096};
    unsigned char *p = new_filled(100, 1), *map = new_filled(LARGE, 2);
    char *brk = brk_now();
    size_t before = address_space();

    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        CHECK(no_memory(os_malloc(sizes[i])));
        CHECK(no_memory(os_calloc(1, sizes[i])));
        CHECK(no_memory(os_calloc(sizes[i], 1)));
        CHECK(no_memory(os_realloc(NULL, sizes[i])));
        CHECK(no_memory(os_realloc(p, sizes[i])));
        CHECK(no_memory(os_realloc(map, sizes[i])));
    }
    CHECK(brk_now() == brk && address_space() == before);
    CHECK(filled(p, 100, 1) && filled(map, LARGE, 2));
    CHECK(os_realloc(p, 100) == p && os_realloc(map, LARGE) == map);
}

/* Products that overflow to nothing, to little and to much. */
static void overflow_is_refused(void)
{
    const size_t half = (size_t)1 << (sizeof(size_t) * 4);

    CHECK(no_memory(os_calloc(half, half)));
    CHECK(no_memory(os_calloc(half, half + 1)));
    CHECK(no_memory(os_calloc(SIZE_MAX / 16 + 2, 16)));
    CHECK(no_memory(os_calloc(16, SIZE_MAX / 16 + 20)));
    CHECK(no_memory(os_calloc(SIZE_MAX / 2 + 1, 2)));
    CHECK(no_memory(os_calloc(SIZE_MAX, SIZE_MAX)));
    CHECK(brk_now() == lo);
}

static void success_keeps_errno(void)
{
    errno = NEVER;
    void *p = os_malloc(100), *map = os_malloc(LARGE);
    void *zero = os_calloc(10, 10), *zero_map = os_calloc(page, 2);
    p = os_realloc(p, 5000);
    p = os_realloc(p, LARGE);
    map = os_realloc(map, 100);
    os_free(p);
    os_free(map), os_free(map);
    os_free(os_realloc(zero_map, 10));
    CHECK(!os_realloc(zero, 0));
    CHECK(errno == NEVER);
}

/* ---- Blocks. ---- */

static void payloads_are_aligned_and_apart(void)
{
    enum { COUNT = 1500 };
    static unsigned char *p[COUNT];

    for (unsigned i = 0; i < COUNT; i++) {
        p[i] = new_filled(i + 1, i);
        CHECK(in_heap(p[i]));
    }
    for (unsigned i = 0; i < COUNT; i++)
        CHECK(filled(p[i], i + 1, i));
}

static void first_use_preallocates(void)
{
    CHECK(brk_now() == lo);
    for (size_t used = 0; used + 1100 < THRESHOLD; used += taken(1000)) {
        fill(os_malloc(1000), 1000, 1);
        CHECK(brk_now() == lo + THRESHOLD);
    }
    os_malloc(1000);
    CHECK(brk_now() > lo + THRESHOLD);
    CHECK(brk_now() <= lo + THRESHOLD + taken(1000));
}

static void first_calloc_preallocates(void)
{
    CHECK(in_heap(os_calloc(1, 1)) && brk_now() == lo + THRESHOLD);
}

static void a_mapping_does_not_preallocate(void)
{
    CHECK(in_mapping(os_malloc(LARGE)) && brk_now() == lo);
    CHECK(in_mapping(os_calloc(1, page)) && brk_now() == lo);
    CHECK(in_heap(os_malloc(1)) && brk_now() == lo + THRESHOLD);
}

static void first_block_just_below_the_threshold(void)
{
    CHECK(in_heap(new_filled(LARGE - 1, 1)));
    CHECK(brk_now() >= lo + THRESHOLD && brk_now() <= lo + THRESHOLD + 64);
}

/* ---- Thresholds. ---- */

static void malloc_maps_from_the_threshold_on(void)
{
    CHECK(in_heap(os_malloc(LARGE - 1)));
    CHECK(in_mapping(os_malloc(LARGE)));
    CHECK(in_mapping(os_malloc(LARGE + 1)));
    CHECK(in_heap(os_malloc(cleared)) && in_heap(os_malloc(page)));
    CHECK(in_mapping(os_malloc(THRESHOLD)));
}

static void calloc_maps_from_a_page_on(void)
{
    CHECK(in_heap(os_calloc(1, cleared - 1)));
    CHECK(in_heap(os_calloc(cleared - 1, 1)));
    CHECK(in_mapping(os_calloc(1, cleared)));
    CHECK(in_mapping(os_calloc(cleared, 1)));
    CHECK(in_heap(os_calloc(cleared / 16 - 1, 16)));
    CHECK(in_mapping(os_calloc(cleared / 16, 16)));
    CHECK(in_mapping(os_calloc(1, page)) && in_mapping(os_calloc(1, LARGE)));
}

static void calloc_zeroes_used_memory(void)
{
    static const size_t sizes[] = {1, 15, 16, 17, 100, 1000, 4000};

    use_up_heap();
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        unsigned char *used = new_filled(sizes[i], 3);

        os_malloc(1);
        memset(used, 0xff, sizes[i]);
        os_free(used);
        CHECK(os_calloc(sizes[i], 1) == used);
        CHECK(all_are(used, sizes[i], 0));
    }
}

static void calloc_zeroes_mappings(void)
{
    for (size_t size = cleared; size < 4 * THRESHOLD; size = size * 2 + 5) {
        unsigned char *p = os_calloc(size, 1);

        CHECK(p && all_are(p, size, 0));
        memset(p, 0xff, size);
        os_free(p);
    }
}

/* ---- The choice of a block. ---- */

enum { HOLES = 5 };

static const size_t hole_size[HOLES] = {3000, 1000, 2000, 1500, 4000};

/*
 * Free blocks apart from each other, freed from first + 0 * step on. What lies
 * between them is too large for the rests that an earlier round left.
 */
static void make_holes(unsigned char **hole, size_t first, size_t step)
{
    use_up_heap();
    for (int i = 0; i < HOLES; i++) {
        hole[i] = new_filled(hole_size[i], 1);
        new_filled(600, 2);
    }
    for (size_t i = 0; i < HOLES; i++)
        os_free(hole[(first + i * step) % HOLES]);
}

/* Whatever the order in which they became free. */
static void takes_the_best_fit(void)
{
    for (size_t order = 0; order < HOLES * (HOLES - 1); order++) {
        unsigned char *p[HOLES];

        make_holes(p, order % HOLES, order / HOLES + 1);
        CHECK(os_malloc(1900) == p[2]);
        CHECK(os_malloc(3500) == p[4]);
        CHECK(os_malloc(900) == p[1]);
        CHECK(os_malloc(1400) == p[3]);
        CHECK(os_malloc(2900) == p[0]);
    }
}

static void takes_the_exact_fit(void)
{
    for (size_t order = 0; order < HOLES * (HOLES - 1); order++) {
        unsigned char *p[HOLES];

        make_holes(p, order % HOLES, order / HOLES + 1);
        char *brk = brk_now();
        CHECK(os_calloc(1, 1500) == p[3]);
        CHECK(os_malloc(4000) == p[4]);
        CHECK(os_malloc(3000) == p[0]);
        CHECK(os_realloc(NULL, 2000) == p[2]);
        CHECK(os_malloc(1000) == p[1]);
        CHECK(brk_now() == brk);
        CHECK(os_malloc(1000) == brk && brk_now() > brk);
    }
}

static void free_memory_goes_before_the_break(void)
{
    unsigned char *p[HOLES];

    make_holes(p, 0, 1);
    char *brk = brk_now();
    CHECK(os_malloc(3001 + 15) == p[4]);
    CHECK(brk_now() == brk);
    CHECK((char *)os_malloc(4001) == brk && brk_now() == brk + taken(4001));
}

/* ---- Splitting. ---- */

static void splits_what_is_too_large(void)
{
    use_up_heap();
    char *p = os_malloc(1000), *guard = os_malloc(1), *brk = brk_now();

    os_free(p);
    CHECK(os_malloc(300) == p);
    CHECK(os_malloc(200) == p + taken(300));
    CHECK(os_malloc(1000 - taken(300) - taken(200)) ==
          p + taken(300) + taken(200));
    CHECK(brk_now() == brk && os_malloc(1) > (void *)guard);
}

/* 32 bytes of rest are the smallest block, 16 are none. */
static void splits_off_no_less_than_a_block(void)
{
    use_up_heap();
    unsigned char *p = new_filled(112, 1), *next = new_filled(112, 2);

    os_free(p);
    CHECK(os_malloc(96) == p);
    CHECK(os_realloc(p, 112) == p);
    fill(p, 112, 3);
    os_free(p);
    CHECK(os_malloc(80) == p);
    CHECK(os_malloc(16) == p + taken(80));
    CHECK(filled(next, 112, 2));
    os_free(p), os_free(p + taken(80));
    CHECK(os_malloc(112) == p);
}

/* The preallocated memory is split, too, and its rest is found again. */
static void splits_the_first_memory(void)
{
    char *a = os_malloc(1), *b = os_malloc(17), *c = os_malloc(5000);

    CHECK(b == a + taken(1) && c == b + taken(17));
    CHECK((char *)os_malloc(100000) == c + taken(5000));
    CHECK(brk_now() == lo + THRESHOLD);
}

/* ---- Coalescing. ---- */

static const int orders[6][3] = {{0, 1, 2}, {0, 2, 1}, {1, 0, 2},
                                 {1, 2, 0}, {2, 0, 1}, {2, 1, 0}};

static void coalesces_with_both_neighbours(void)
{
    use_up_heap();
    for (int i = 0; i < 6; i++) {
        size_t whole = 3 * taken(1000) - HEADER;
        unsigned char *before = new_filled(50, 4), *p[3];

        for (int j = 0; j < 3; j++)
            p[j] = new_filled(1000, 1);
        unsigned char *after = new_filled(50, 5);
        for (int j = 0; j < 3; j++)
            os_free(p[orders[i][j]]);
        char *brk = brk_now();
        CHECK(os_malloc(whole) == p[0]);
        fill(p[0], whole, 6);
        CHECK(brk_now() == brk);
        CHECK(filled(before, 50, 4) && filled(after, 50, 5));
    }
}

static void coalesces_two(void)
{
    use_up_heap();
    char *a = os_malloc(500), *b = os_malloc(300), *c = os_malloc(20);

    os_free(a), os_free(b);
    CHECK(os_malloc(500 + taken(300)) == a);
    os_free(a);
    char *d = os_malloc(500), *e = os_malloc(300);
    CHECK(d == a && e == b);
    os_free(e), os_free(d);
    CHECK(os_malloc(500 + taken(300)) == a && c > b);
}

static void all_memory_comes_back(void)
{
    static char *p[100];
    size_t whole = THRESHOLD - 8 * HEADER;

    for (int i = 0; i < 100; i++)
        p[i] = os_malloc(1000);
    for (int i = 0; i < 100; i++)
        os_free(p[i * 37 % 100]);
    CHECK(os_malloc(whole) == p[0]);
    CHECK(brk_now() == lo + THRESHOLD);
}

/* ---- The break. ---- */

static void moves_by_what_is_missing(void)
{
    char *a = os_malloc(100000), *b = os_malloc(50000);

    CHECK(b == a + taken(100000));
    CHECK(brk_now() == b + taken(50000));
    fill((unsigned char *)b, 50000, 1);
    CHECK((char *)os_malloc(3000) == b + taken(50000));
    CHECK(brk_now() == b + taken(50000) + taken(3000));
}

/* The last free block is expanded, though it is the only one and too small. */
static void expands_the_last_block(void)
{
    static const size_t more[] = {1, 15, 16, 17, 100, 5000};

    use_up_heap();
    for (size_t i = 0; i < sizeof more / sizeof *more; i++) {
        unsigned char *kept = new_filled(200, 1), *last = new_filled(200, 1);
        char *brk = brk_now();

        os_free(last);
        CHECK(os_malloc(200 + more[i]) == last);
        fill(last, 200 + more[i], 2);
        CHECK(brk_now() == brk + taken(200 + more[i]) - taken(200));
        CHECK(filled(kept, 200, 1));
    }
}

static void calloc_expands_the_last_block(void)
{
    use_up_heap();
    unsigned char *last = new_filled(200, 1);
    char *brk = brk_now();

    os_free(last);
    CHECK(os_calloc(3, 100) == last && all_are(last, 300, 0));
    CHECK(brk_now() == brk + taken(300) - taken(200));
}

/* ---- Somebody else moves the break. ---- */

static void foreign_memory_is_left_alone(void)
{
    enum { TIMES = 20 };
    unsigned char *theirs[TIMES], *ours[TIMES];

    for (unsigned i = 0; i < TIMES; i++) {
        size_t bytes = 1 + i * 77;

        theirs[i] = foreign(bytes);
        ours[i] = new_filled(90000, i);
        CHECK(in_heap(ours[i]));
    }
    for (unsigned i = 0; i < TIMES; i++) {
        CHECK(filled(ours[i], 90000, i));
        os_free(ours[i]);
    }
    for (unsigned i = 0; i < TIMES; i++)
        CHECK(all_are(theirs[i], 1 + i * 77, 0x99));
}

/* Free on both sides of foreign memory is not one block. */
static void coalesces_not_across_foreign_memory(void)
{
    use_up_heap();
    char *last = os_malloc(1000);
    unsigned char *theirs = foreign(64);
    char *first = os_malloc(1000), *guard = os_malloc(1);

    CHECK(last < (char *)theirs && (char *)theirs < first && first < guard);
    os_free(last), os_free(first);
    char *p = os_malloc(1500);
    CHECK(p > guard);
    memset(p, 1, 1500);
    char *one = os_malloc(1000), *other = os_malloc(1000);
    CHECK((one == last && other == first) || (one == first && other == last));
    CHECK(all_are(theirs, 64, 0x99));
}

/* However the break lies after it, what follows is contiguous again. */
static void expands_after_foreign_moves(void)
{
    for (size_t bytes = 1; bytes < 40; bytes++) {
        foreign(bytes);
        use_up_heap();
        char *a = os_malloc(1000), *brk = brk_now();
        CHECK((char *)os_malloc(5000) == a + taken(1000));
        CHECK(brk_now() == brk + taken(5000));
        CHECK(os_realloc(a + taken(1000), 6000) == a + taken(1000));
        CHECK(brk_now() == brk + taken(6000));
    }
}

static void first_memory_at_an_odd_break(void)
{
    foreign(5);
    CHECK(in_heap(new_filled(1000, 1)));
    CHECK(brk_now() == lo + 5 + THRESHOLD);
    use_up_heap();
    char *brk = brk_now();
    new_filled(1000, 2);
    CHECK(brk_now() == brk + taken(1000));
}

static void foreign_memory_comes_and_goes(void)
{
    use_up_heap();
    char *a = os_malloc(1000), *brk = brk_now();

    foreign(5000);
    system_sbrk(-5000);
    CHECK((char *)os_malloc(1000) == a + taken(1000));
    CHECK(brk_now() == brk + taken(1000));
}

/* Between osmem's look at the break and its move. */
static void somebody_may_be_faster(void)
{
    use_up_heap();
    unsigned char *last = new_filled(1000, 1);
    unsigned char *theirs = (unsigned char *)brk_now();

    intruder = 777;
    unsigned char *p = new_filled(3000, 2);
    CHECK(intruder == 0 && p >= theirs + 777);
    intruder = 777;
    unsigned char *their_next = (unsigned char *)brk_now();
    unsigned char *q = os_realloc(p, 9000);
    CHECK(intruder == 0 && q >= their_next + 777 && filled(q, 3000, 2));
    fill(q, 9000, 3);
    CHECK(all_are(theirs, 777, 0x99) && all_are(their_next, 777, 0x99));
    CHECK(filled(last, 1000, 1));
}

/* ---- Mappings. ---- */

static void mappings_take_whole_pages_only(void)
{
    size_t before = address_space();
    unsigned char *p = new_filled(LARGE, 1);
    CHECK(address_space() - before == THRESHOLD);
    unsigned char *q = new_filled(LARGE + 1, 2);
    CHECK(address_space() - before == 2 * THRESHOLD + page);
    os_free(p);
    CHECK(address_space() - before == THRESHOLD + page);
    CHECK(filled(q, LARGE + 1, 2));
    os_free(q);
    CHECK(address_space() == before);
}

static bool is_gone(const unsigned char *p, size_t size)
{
    for (size_t at = 0; at < size; at += page)
        if (is_there(p + at))
            return false;
    return !is_there(p + size - 1);
}

static void free_unmaps(void)
{
    unsigned char *p = new_filled(5 * THRESHOLD, 1);
    unsigned char *q = os_calloc(page, 3);

    os_free(p);
    CHECK(is_gone(p, 5 * THRESHOLD) && is_there(q));
    os_free(q);
    CHECK(is_gone(q, 3 * page));
}

static void nothing_stays_mapped(void)
{
    os_malloc(1);
    size_t before = address_space();

    for (size_t i = 0; i < 200; i++) {
        unsigned char *p = new_filled(LARGE + i * 100, 1);

        p = os_realloc(p, 2 * LARGE + i * 3000);
        p = os_realloc(p, i % 2 ? 1 : LARGE);
        os_free(p);
    }
    CHECK(address_space() == before);
    CHECK(brk_now() == lo + THRESHOLD);
}

/* ---- os_realloc: in the heap. ---- */

static void realloc_zero_frees(void)
{
    use_up_heap();
    char *p = os_malloc(1000), *brk = brk_now();
    unsigned char *map = new_filled(LARGE, 1);

    errno = NEVER;
    CHECK(is_null(os_realloc(p, 0)) && is_null(os_realloc(map, 0)));
    CHECK(is_gone(map, LARGE));
    CHECK(os_malloc(1000) == p && brk_now() == brk);
}

static void realloc_keeps_contents(void)
{
    static const size_t sizes[] = {
        1,     15,        16,    17,        100,       1000,     5000,
        50000, LARGE - 1, LARGE, LARGE + 1, 2 * LARGE, 5 * LARGE};
    enum { SIZES = sizeof sizes / sizeof *sizes };

    for (unsigned i = 0; i < SIZES * SIZES; i++) {
        size_t old = sizes[i % SIZES], new = sizes[i / SIZES];
        unsigned char *p = new_filled(old, i), *before = os_malloc(i + 1);

        fill(before, i + 1, 2);
        p = os_realloc(p, new);
        CHECK(p && filled(p, old < new ? old : new, i));
        CHECK(new < LARGE ? in_heap(p) : in_mapping(p));
        fill(p, new, i + 1);
        CHECK(filled(before, i + 1, 2));
        os_free(i % 3 ? p : before);
    }
}

static void realloc_to_the_same_size(void)
{
    use_up_heap();
    unsigned char *p = new_filled(1000, 1), *next = new_filled(1000, 2);
    char *brk = brk_now();

    CHECK(os_realloc(p, 1000) == p && os_realloc(next, 1000) == next);
    CHECK(os_realloc(p, taken(1000) - HEADER) == p);
    CHECK(brk_now() == brk);
    CHECK(filled(p, 1000, 1) && filled(next, 1000, 2));
}

static void realloc_shrinks_in_place(void)
{
    use_up_heap();
    unsigned char *p = new_filled(1000, 1), *next = new_filled(1000, 2);

    CHECK(os_realloc(p, 400) == p && filled(p, 400, 1));
    unsigned char *rest = os_malloc(1000 - taken(400));
    CHECK(rest == p + taken(400));
    fill(rest, 1000 - taken(400), 3);
    CHECK(os_realloc(p, 1) == p && filled(p, 1, 1));
    CHECK(os_malloc(400 - taken(1)) == p + taken(1));
    CHECK(filled(rest, 1000 - taken(400), 3) && filled(next, 1000, 2));
}

/* By too little for a block of the rest: the memory stays the block's. */
static void realloc_shrinks_by_a_little(void)
{
    use_up_heap();
    unsigned char *p = new_filled(112, 1), *next = new_filled(112, 2);

    CHECK(os_realloc(p, 96) == p && os_realloc(p, 112) == p);
    CHECK(filled(p, 112, 1) && filled(next, 112, 2));
}

static void realloc_shrinks_towards_free_memory(void)
{
    use_up_heap();
    char *p = os_malloc(1000), *next = os_malloc(1000), *last = os_malloc(1);

    os_free(next);
    CHECK(os_realloc(p, 500) == p);
    CHECK(os_malloc(1000 + taken(1000) - taken(500)) == p + taken(500));
    CHECK(last == next + taken(1000));
}

static void realloc_merges_the_next_block(void)
{
    use_up_heap();
    unsigned char *p = new_filled(500, 1), *next = new_filled(1000, 2);
    unsigned char *guard = new_filled(100, 3);
    char *brk = brk_now();

    os_free(next);
    CHECK(os_realloc(p, 900) == p && filled(p, 500, 1));
    fill(p, 900, 1);
    unsigned char *rest = p + taken(900);
    CHECK(os_malloc(taken(500) + 1000 - taken(900)) == rest);
    os_free(rest);
    CHECK(os_realloc(p, taken(500) + 1000) == p && filled(p, 900, 1));
    fill(p, taken(500) + 1000, 4);
    CHECK(filled(guard, 100, 3) && brk_now() == brk);
}

/* Blocks behind: one too small, and one that is too far away. */
static void realloc_moves_where_it_must(void)
{
    use_up_heap();
    unsigned char *p = new_filled(500, 1), *next = new_filled(100, 2);
    unsigned char *guard = new_filled(100, 3), *far = new_filled(3000, 4);
    unsigned char *last = new_filled(100, 5);

    os_free(next), os_free(far);
    unsigned char *moved = os_realloc(p, 700);
    CHECK(moved == far && filled(moved, 500, 1));
    CHECK(os_malloc(taken(500) + 100) == p);
    CHECK(filled(guard, 100, 3) && filled(last, 100, 5));
    moved = os_realloc(guard, 5000);
    CHECK(moved == last + taken(100) && filled(moved, 100, 3));
    CHECK(os_malloc(100) == guard);
}

/* Only what the block lacks, or the smallest block: then memory is left. */
static void realloc_expands_the_last_block(void)
{
    use_up_heap();
    unsigned char *p = new_filled(1000, 1);
    char *brk = brk_now();

    CHECK(os_realloc(p, 3000) == p && filled(p, 1000, 1));
    CHECK(brk_now() == brk + taken(3000) - taken(1000));
    fill(p, 3000, 2);
    CHECK(os_realloc(p, taken(3000) - HEADER + 1) == p);
    CHECK(brk_now() <= brk + taken(3000) - taken(1000) + 32);
    CHECK(filled(p, 3000, 2));
}

static void realloc_expands_with_what_is_free(void)
{
    use_up_heap();
    unsigned char *p = new_filled(1000, 1);
    char *brk = brk_now();

    os_free(os_malloc(500));
    CHECK(brk_now() == brk + taken(500));
    CHECK(os_realloc(p, 1200) == p && brk_now() == brk + taken(500));
    CHECK(os_realloc(p, 4000) == p && filled(p, 1000, 1));
    CHECK(brk_now() == brk + taken(4000) - taken(1000));
    fill(p, 4000, 2);
    brk = brk_now();
    CHECK((char *)os_malloc(10) == brk);
}

static void realloc_cannot_expand_into_foreign_memory(void)
{
    use_up_heap();
    unsigned char *kept = new_filled(2000, 2), *p = new_filled(1000, 1);
    unsigned char *theirs = foreign(100), *moved = os_realloc(p, 3000);

    CHECK(moved > theirs && filled(moved, 1000, 1));
    fill(moved, 3000, 3);
    CHECK(all_are(theirs, 100, 0x99) && filled(kept, 2000, 2));
    CHECK(os_malloc(1000) == p);
}

/* ---- os_realloc: mappings. ---- */

static void realloc_heap_to_mapping(void)
{
    use_up_heap();
    unsigned char *p = new_filled(5000, 1), *next = new_filled(50000, 2);
    char *brk = brk_now();
    unsigned char *map = os_realloc(p, LARGE);

    CHECK(in_mapping(map) && filled(map, 5000, 1));
    unsigned char *last = os_realloc(next, LARGE);
    CHECK(in_mapping(last) && filled(last, 50000, 2));
    CHECK(os_malloc(5000 + taken(50000)) == p && brk_now() == brk);
}

static void realloc_stays_below_the_threshold(void)
{
    use_up_heap();
    unsigned char *p = new_filled(5000, 1);

    CHECK(os_realloc(p, LARGE - 1) == p && filled(p, 5000, 1));
    CHECK((char *)p + taken(LARGE - 1) == brk_now());
}

static void realloc_mapping_to_heap(void)
{
    unsigned char *map = new_filled(2 * LARGE, 1);
    unsigned char *p = os_realloc(map, LARGE - 1);

    CHECK(in_heap(p) && filled(p, LARGE - 1, 1));
    CHECK(is_gone(map, 2 * LARGE));
    map = os_calloc(1, page);
    fill(map, page, 2);
    p = os_realloc(map, page + 100);
    CHECK(in_heap(p) && filled(p, page, 2) && is_gone(map, page));
    map = os_calloc(1, page);
    fill(map, page, 3);
    CHECK(in_heap(os_realloc(map, 10)) && is_gone(map, page));
}

static void realloc_mapping_to_mapping(void)
{
    unsigned char *map = new_filled(LARGE + 1, 1);
    size_t most = THRESHOLD + page - HEADER;

    CHECK(os_realloc(map, most) == map && os_realloc(map, LARGE + 1) == map);
    CHECK(filled(map, LARGE + 1, 1));
    fill(map, most, 2);
    unsigned char *grown = os_realloc(map, most + 1);
    CHECK(in_mapping(grown) && filled(grown, most, 2) && is_gone(map, most));
    fill(grown, most + 1, 3);
    unsigned char *small = os_realloc(grown, LARGE);
    CHECK(in_mapping(small) && filled(small, LARGE, 3));
    CHECK(small == grown || is_gone(grown + THRESHOLD, page + 1));
    CHECK(brk_now() == lo);
}

/* ---- Blocks that are free. ---- */

static bool is_invalid(void *p, size_t size)
{
    errno = NEVER;
    return !os_realloc(p, size) && errno == EINVAL;
}

/* Alone, merged with the one before, the one behind, and both. */
static void freed_blocks(char **p)
{
    use_up_heap();
    for (int i = 0; i < 8; i++)
        p[i] = (char *)new_filled(1000, 1);
    os_free(p[0]);
    os_free(p[4]), os_free(p[2]), os_free(p[3]);
    os_free(p[7]), os_free(p[6]);
}

static const int freed[] = {0, 2, 3, 4, 6, 7};

static void realloc_of_a_free_block(void)
{
    char *p[8];

    freed_blocks(p);
    char *brk = brk_now();
    for (int i = 0; i < 6; i++) {
        CHECK(is_invalid(p[freed[i]], 10) && is_invalid(p[freed[i]], 1000));
        CHECK(is_invalid(p[freed[i]], 5000) && is_invalid(p[freed[i]], LARGE));
        CHECK(!os_realloc(p[freed[i]], 0));
    }
    CHECK(os_malloc(1000) == p[0]);
    CHECK(os_malloc(1000 + taken(1000)) == p[6]);
    CHECK(os_malloc(1000 + 2 * taken(1000)) == p[2]);
    CHECK(brk_now() == brk);
}

static void double_free_is_ignored(void)
{
    char *p[8];

    freed_blocks(p);
    char *brk = brk_now();
    errno = NEVER;
    for (int i = 0; i < 6; i++)
        os_free(p[freed[i]]), os_free(p[freed[i]]);
    CHECK(errno == NEVER);
    CHECK(os_malloc(1000) == p[0] && os_malloc(1) > (void *)p[0]);
    CHECK(os_malloc(1000 + 2 * taken(1000)) == p[2]);
    CHECK(filled((unsigned char *)p[1], 1000, 1));
    CHECK(filled((unsigned char *)p[5], 1000, 1) && brk_now() == brk);
}

/* ---- The system refuses. ---- */

static void refused_at_first(void)
{
    system_refuses(true);
    CHECK(no_memory(os_malloc(1)) && no_memory(os_malloc(LARGE)));
    CHECK(no_memory(os_calloc(1, 1)) && no_memory(os_calloc(page, 2)));
    CHECK(no_memory(os_realloc(NULL, 1)) && no_memory(os_realloc(NULL, LARGE)));
    CHECK(brk_now() == lo);
    system_refuses(false);
    CHECK(in_heap(os_malloc(1)) && brk_now() == lo + THRESHOLD);
    CHECK(in_mapping(os_malloc(LARGE)) && in_mapping(os_calloc(page, 2)));
}

static void what_is_there_is_not_refused(void)
{
    os_malloc(1);
    system_refuses(true);
    unsigned char *p = new_filled(1000, 1);
    CHECK(no_memory(os_malloc(LARGE - 1)) && no_memory(os_malloc(LARGE)));
    CHECK(os_realloc(p, 50000) == p && filled(p, 1000, 1));
    system_refuses(false);
}

static void refused_realloc_changes_nothing(void)
{
    use_up_heap();
    unsigned char *p = new_filled(1000, 1), *last = new_filled(1000, 2);
    unsigned char *map = new_filled(LARGE, 3);

    system_refuses(true);
    CHECK(no_memory(os_realloc(p, 2000)) && no_memory(os_realloc(last, 2000)));
    CHECK(no_memory(os_realloc(p, LARGE)) && no_memory(os_realloc(map, 2000)));
    CHECK(no_memory(os_realloc(map, 2 * LARGE)));
    CHECK(no_memory(os_malloc(1)));
    system_refuses(false);
    CHECK(filled(p, 1000, 1) && filled(last, 1000, 2));
    CHECK(filled(map, LARGE, 3));
    CHECK(os_realloc(p, 1000) == p && os_realloc(map, LARGE) == map);
    CHECK(os_realloc(last, 2000) == last);
}

/* The last block cannot be expanded, but there is memory elsewhere. */
static void refused_expansion_looks_elsewhere(void)
{
    use_up_heap();
    unsigned char *p = new_filled(5000, 1), *guard = new_filled(100, 2);
    unsigned char *last = new_filled(1000, 3);

    os_free(p);
    system_refuses(true);
    errno = NEVER;
    CHECK(os_realloc(last, 5000) == p && errno == NEVER);
    CHECK(filled(p, 1000, 3) && filled(guard, 100, 2));
    CHECK(os_malloc(1000) == last);
    system_refuses(false);
}

/* ---- Many operations. ---- */

enum { SLOTS = 150, OPERATIONS = 30000 };

struct slot {
    unsigned char *p;
    size_t size;
    unsigned seed;
};

static unsigned random_below(unsigned *state, unsigned limit)
{
    *state = *state * 1664525 + 1013904223;
    return (*state >> 8) % limit;
}

/* Mostly small, at times past a page, seldom a mapping. */
static size_t random_size(unsigned *state)
{
    unsigned kind = random_below(state, 100);

    if (kind == 0)
        return 1 + random_below(state, 2 * THRESHOLD);
    return 1 + random_below(state, kind < 10 ? 6000 : 300);
}

static void slot_check(const struct slot *slot)
{
    CHECK(filled(slot->p, slot->size, slot->seed));
}

static void slot_fill(struct slot *slot, size_t size, unsigned seed)
{
    CHECK(slot->p && is_aligned(slot->p, 16));
    slot->size = size;
    slot->seed = seed;
    fill(slot->p, size, seed);
}

static void slot_free(struct slot *slot)
{
    slot_check(slot);
    os_free(slot->p);
    *slot = (struct slot){0};
}

static void slot_resize(struct slot *slot, size_t size)
{
    size_t least = size < slot->size ? size : slot->size;

    slot_check(slot);
    slot->p = os_realloc(slot->p, size);
    CHECK(slot->p && filled(slot->p, least, slot->seed));
}

static void slot_change(struct slot *slot, unsigned *state)
{
    size_t size = random_size(state);

    if (!slot->p && random_below(state, 3) > 0)
        slot->p = os_malloc(size);
    else if (!slot->p)
        CHECK((slot->p = os_calloc(1, size)) && all_are(slot->p, size, 0));
    else if (random_below(state, 3) > 0)
        return slot_free(slot);
    else
        slot_resize(slot, size);
    slot_fill(slot, size, *state);
}

static void change_many(unsigned state, bool sometimes_foreign)
{
    struct slot slots[SLOTS] = {0};

    for (int i = 0; i < OPERATIONS; i++) {
        slot_change(&slots[random_below(&state, SLOTS)], &state);
        if (sometimes_foreign && i % 1000 == 0)
            foreign(random_below(&state, 5000));
    }
    for (int i = 0; i < SLOTS; i++)
        slot_free(&slots[i]);
}

/* When all are free, the heap is one block again. */
static void random_operations(void)
{
    change_many(1, false);
    char *brk = brk_now();
    size_t whole = (size_t)(brk - lo) / THRESHOLD;
    CHECK(whole > 0);
    for (size_t i = 0; i < whole; i++)
        CHECK(os_malloc(LARGE - HEADER - 1) && brk_now() == brk);
}

static void random_operations_beside_others(void)
{
    change_many(2, true);
}

enum { THREADS = 4, SHARED = 8 };

static pthread_barrier_t together;
static _Atomic(struct slot *) shared[SHARED];

/* Slots wander from thread to thread: what one fills, another frees. */
static void exchange(unsigned state)
{
    for (int i = 0; i < OPERATIONS / 4; i++) {
        struct slot *slot = os_malloc(sizeof *slot);

        *slot = (struct slot){0};
        slot_change(slot, &state);
        slot = atomic_exchange(&shared[random_below(&state, SHARED)], slot);
        if (slot)
            slot_free(slot), os_free(slot);
    }
}

static void *work(void *seed)
{
    pthread_barrier_wait(&together);
    change_many(*(unsigned *)seed, false);
    exchange(*(unsigned *)seed);
    return NULL;
}

static void threads_share_the_heap(void)
{
    unsigned seeds[THREADS] = {11, 22, 33, 44};
    pthread_t thread[THREADS];

    pthread_barrier_init(&together, NULL, THREADS);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_create(&thread[i], NULL, work, &seeds[i]) == 0);
    for (int i = 0; i < THREADS; i++)
        CHECK(pthread_join(thread[i], NULL) == 0);
}

static atomic_bool stop;

static void *churn(void *unused)
{
    while (!stop) {
        void *p = os_malloc(100);

        os_free(os_realloc(p, 10000));
    }
    return unused;
}

/* While another thread holds the lock most of the time. */
static void forked_children_allocate(void)
{
    unsigned char *kept = new_filled(1000, 1);
    pthread_t thread;

    CHECK(pthread_create(&thread, NULL, churn, NULL) == 0);
    for (int i = 0; i < 200; i++) {
        int status = -1;
        pid_t child = fork();

        if (child == 0) {
            alarm(check_seconds());
            unsigned char *p = new_filled(500, 2);
            p = os_realloc(p, LARGE);
            _exit(p && filled(p, 500, 2) && filled(kept, 1000, 1) ? 0 : 1);
        }
        CHECK(child > 0 && waitpid(child, &status, 0) == child);
        CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    }
    stop = true;
    CHECK(pthread_join(thread, NULL) == 0);
}

/* What a child does with its copy of the heap, its parent does not see. */
static void forked_children_have_a_copy(void)
{
    use_up_heap();
    unsigned char *p = new_filled(1000, 1), *map = new_filled(LARGE, 2);
    int status = -1;
    pid_t child = fork();

    if (child == 0) {
        memset(p, 0, 1000);
        os_free(p), os_free(map);
        _exit(os_malloc(1000) == p ? 0 : 1);
    }
    CHECK(child > 0 && waitpid(child, &status, 0) == child);
    CHECK(WIFEXITED(status) && WEXITSTATUS(status) == 0);
    CHECK(filled(p, 1000, 1) && filled(map, LARGE, 2));
    CHECK(os_realloc(p, 1000) == p);
}

static const struct test tests[] = {
    {"zero-bytes-are-null", zero_bytes_are_null},
    {"null-is-no-block", null_is_no_block},
    {"too-much-is-refused", too_much_is_refused},
    {"overflow-is-refused", overflow_is_refused},
    {"success-keeps-errno", success_keeps_errno},
    {"payloads-are-aligned-and-apart", payloads_are_aligned_and_apart},
    {"first-use-preallocates", first_use_preallocates},
    {"first-calloc-preallocates", first_calloc_preallocates},
    {"a-mapping-does-not-preallocate", a_mapping_does_not_preallocate},
    {"first-block-just-below-the-threshold",
     first_block_just_below_the_threshold},
    {"malloc-maps-from-the-threshold-on", malloc_maps_from_the_threshold_on},
    {"calloc-maps-from-a-page-on", calloc_maps_from_a_page_on},
    {"calloc-zeroes-used-memory", calloc_zeroes_used_memory},
    {"calloc-zeroes-mappings", calloc_zeroes_mappings},
    {"takes-the-best-fit", takes_the_best_fit},
    {"takes-the-exact-fit", takes_the_exact_fit},
    {"free-memory-goes-before-the-break", free_memory_goes_before_the_break},
    {"splits-what-is-too-large", splits_what_is_too_large},
    {"splits-off-no-less-than-a-block", splits_off_no_less_than_a_block},
    {"splits-the-first-memory", splits_the_first_memory},
    {"coalesces-with-both-neighbours", coalesces_with_both_neighbours},
    {"coalesces-two", coalesces_two},
    {"all-memory-comes-back", all_memory_comes_back},
    {"moves-by-what-is-missing", moves_by_what_is_missing},
    {"expands-the-last-block", expands_the_last_block},
    {"calloc-expands-the-last-block", calloc_expands_the_last_block},
    {"foreign-memory-is-left-alone", foreign_memory_is_left_alone},
    {"coalesces-not-across-foreign-memory",
     coalesces_not_across_foreign_memory},
    {"expands-after-foreign-moves", expands_after_foreign_moves},
    {"first-memory-at-an-odd-break", first_memory_at_an_odd_break},
    {"foreign-memory-comes-and-goes", foreign_memory_comes_and_goes},
    {"somebody-may-be-faster", somebody_may_be_faster},
    {"mappings-take-whole-pages-only", mappings_take_whole_pages_only},
    {"free-unmaps", free_unmaps},
    {"nothing-stays-mapped", nothing_stays_mapped},
    {"realloc-zero-frees", realloc_zero_frees},
    {"realloc-keeps-contents", realloc_keeps_contents},
    {"realloc-to-the-same-size", realloc_to_the_same_size},
    {"realloc-shrinks-in-place", realloc_shrinks_in_place},
    {"realloc-shrinks-by-a-little", realloc_shrinks_by_a_little},
    {"realloc-shrinks-towards-free-memory",
     realloc_shrinks_towards_free_memory},
    {"realloc-merges-the-next-block", realloc_merges_the_next_block},
    {"realloc-moves-where-it-must", realloc_moves_where_it_must},
    {"realloc-expands-the-last-block", realloc_expands_the_last_block},
    {"realloc-expands-with-what-is-free", realloc_expands_with_what_is_free},
    {"realloc-cannot-expand-into-foreign-memory",
     realloc_cannot_expand_into_foreign_memory},
    {"realloc-heap-to-mapping", realloc_heap_to_mapping},
    {"realloc-stays-below-the-threshold", realloc_stays_below_the_threshold},
    {"realloc-mapping-to-heap", realloc_mapping_to_heap},
    {"realloc-mapping-to-mapping", realloc_mapping_to_mapping},
    {"realloc-of-a-free-block", realloc_of_a_free_block},
    {"double-free-is-ignored", double_free_is_ignored},
    {"refused-at-first", refused_at_first},
    {"what-is-there-is-not-refused", what_is_there_is_not_refused},
    {"refused-realloc-changes-nothing", refused_realloc_changes_nothing},
    {"refused-expansion-looks-elsewhere", refused_expansion_looks_elsewhere},
    {"random-operations", random_operations},
    {"random-operations-beside-others", random_operations_beside_others},
    {"threads-share-the-heap", threads_share_the_heap},
    {"forked-children-allocate", forked_children_allocate},
    {"forked-children-have-a-copy", forked_children_have_a_copy},
};

static void begin_test(void)
{
    lo = brk_now();
}

/* A test begins in the child that it runs in. */
static void begin(void)
{
    *(void **)&system_sbrk = dlsym(RTLD_NEXT, "sbrk");
    page = (size_t)sysconf(_SC_PAGESIZE);
    cleared = page - HEADER;
    pthread_atfork(NULL, NULL, begin_test);
}

int main(int argc, char **argv)
{
    begin();
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
