/*
 * osmem_test.c - os_malloc and its kin keep what osmem.h promises.
 */
#define _GNU_SOURCE
#include "osmem.h"

enum { LARGE = MMAP_THRESHOLD - 16 }; /* the header is counted */

#include "mappings.h"

#include <dlfcn.h>

const volatile struct subject subject = {
    .allocate = os_malloc,
    .allocate_zeroed = os_calloc,
    .resize = os_realloc,
    .release = os_free,
    MAPPINGS_SUBJECT,
};

static size_t intruder; /* moves the break by that before osmem's next move */

/* The library's sbrk, too: this program is linked before the C library. */
void *sbrk(intptr_t increment)
{
    static void *(*system_sbrk)(intptr_t);
    size_t theirs = increment == 0 ? 0 : intruder;

    if (!system_sbrk)
        *(void **)&system_sbrk = dlsym(RTLD_NEXT, "sbrk");
    if (theirs > 0) {
        intruder = 0;
        foreign(theirs);
    }
    return system_sbrk(increment);
}

/* ---- The first memory. ---- */

static void first_use_preallocates(void)
{
    char *next = NULL;

    for (size_t used = 0; used + 1100 < THRESHOLD; used += stride(1000)) {
        char *p = (char *)fresh(1000, 1);

        CHECK(brk_now() == lo + THRESHOLD && (!next || p == next));
        next = p + stride(1000);
    }
    os_malloc(1000);
    CHECK(brk_now() > lo + THRESHOLD);
    CHECK(brk_now() <= lo + THRESHOLD + stride(1000));
}

static void first_calloc_preallocates(void)
{
    CHECK(in_heap(os_calloc(1, 1)) && brk_now() == lo + THRESHOLD);
}

static void a_mapping_does_not_preallocate(void)
{
    CHECK(in_mapping(os_malloc(LARGE)) && brk_now() == lo);
    CHECK(in_mapping(os_calloc(1, page_size())) && brk_now() == lo);
    CHECK(in_heap(os_malloc(1)) && brk_now() == lo + THRESHOLD);
}

static void first_block_just_below_the_threshold(void)
{
    CHECK(in_heap(fresh(LARGE - 1, 1)));
    CHECK(brk_now() >= lo + THRESHOLD && brk_now() <= lo + THRESHOLD + 64);
}

static void first_memory_at_an_odd_break(void)
{
    foreign(5);
    CHECK(in_heap(fresh(1000, 1)) && brk_now() == lo + 5 + THRESHOLD);
    use_up();
    char *brk = brk_now();
    fresh(1000, 2);
    CHECK(brk_now() == brk + stride(1000));
}

/* ---- os_calloc. ---- */

static void calloc_maps_from_a_page_on(void)
{
    size_t cleared = page_size() - HEADER;

    CHECK(in_heap(os_malloc(cleared)) && in_heap(os_malloc(page_size())));
    CHECK(in_heap(os_calloc(1, cleared - 1)));
    CHECK(in_heap(os_calloc(cleared - 1, 1)));
    CHECK(in_heap(os_calloc(cleared / 16 - 1, 16)));
    CHECK(in_mapping(os_calloc(1, cleared)));
    CHECK(in_mapping(os_calloc(cleared, 1)));
    CHECK(in_mapping(os_calloc(cleared / 16, 16)));
    unsigned char *p = os_calloc(1, page_size());
    CHECK(in_mapping(p) && all_are(p, page_size(), 0));
}

/* As a mapping it is below the threshold: the heap takes it over. */
static void realloc_of_a_cleared_page(void)
{
    for (size_t size = 10; size < page_size() + 100; size += page_size() - 10) {
        unsigned char *map = os_calloc(1, page_size());

        fill(map, page_size(), 2);
        unsigned char *p = os_realloc(map, size);
        CHECK(in_heap(p) && filled(p, least(size, page_size()), 2));
        CHECK(is_gone(map, page_size()));
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
    use_up();
    for (int i = 0; i < HOLES; i++) {
        hole[i] = fresh(hole_size[i], 1);
        fresh(600, 2);
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
    CHECK((char *)os_malloc(4001) == brk && brk_now() == brk + stride(4001));
}

/* ---- The break moves by what is missing. ---- */

static void moves_by_what_is_missing(void)
{
    char *a = os_malloc(100000), *b = os_malloc(50000);

    CHECK(b == a + stride(100000));
    CHECK(brk_now() == b + stride(50000));
    CHECK((char *)os_malloc(3000) == b + stride(50000));
    CHECK(brk_now() == b + stride(50000) + stride(3000));
}

/* The last free block is expanded, though it is the only one and too small. */
static void expands_the_last_block(void)
{
    static const size_t more[] = {1, 15, 16, 17, 100, 3000};

    use_up();
    for (size_t i = 0; i < 2 * sizeof more / sizeof *more; i++) {
        size_t size = 200 + more[i / 2];
        unsigned char *kept = fresh(200, 1), *last = fresh(200, 1);
        char *brk = brk_now();

        os_free(last);
        CHECK((i % 2 ? os_malloc(size) : os_calloc(size, 1)) == last);
        CHECK(i % 2 || all_are(last, size, 0));
        fill(last, size, 2);
        CHECK(brk_now() == brk + stride(size) - stride(200));
        CHECK(filled(kept, 200, 1));
    }
}

/* Only what the block lacks, or the smallest block: then memory is left. */
static void realloc_expands_the_last_block(void)
{
    use_up();
    unsigned char *p = fresh(1000, 1);
    char *brk = brk_now();

    CHECK(os_realloc(p, 3000) == p && filled(p, 1000, 1));
    CHECK(brk_now() == brk + stride(3000) - stride(1000));
    fill(p, 3000, 2);
    CHECK(os_realloc(p, stride(3000) - HEADER + 1) == p);
    CHECK(brk_now() <= brk + stride(3000) - stride(1000) + 32);
    CHECK(filled(p, 3000, 2));
}

static void realloc_expands_with_what_is_free(void)
{
    use_up();
    unsigned char *p = fresh(1000, 1);
    char *brk = brk_now();

    os_free(os_malloc(500));
    CHECK(brk_now() == brk + stride(500));
    CHECK(os_realloc(p, 1200) == p && brk_now() == brk + stride(500));
    CHECK(os_realloc(p, 4000) == p && filled(p, 1000, 1));
    CHECK(brk_now() == brk + stride(4000) - stride(1000));
    fill(p, 4000, 2);
    brk = brk_now();
    CHECK((char *)os_malloc(10) == brk);
}

/* Between osmem's look at the break and its move. */
static void somebody_may_be_faster(void)
{
    use_up();
    unsigned char *last = fresh(1000, 1);
    unsigned char *theirs = (unsigned char *)brk_now();

    intruder = 777;
    unsigned char *p = fresh(3000, 2);
    CHECK(intruder == 0 && p >= theirs + 777);
    intruder = 777;
    unsigned char *their_next = (unsigned char *)brk_now();
    unsigned char *q = os_realloc(p, 9000);
    CHECK(intruder == 0 && q >= their_next + 777 && filled(q, 3000, 2));
    fill(q, 9000, 3);
    CHECK(all_are(theirs, 777, THEIRS) && all_are(their_next, 777, THEIRS));
    CHECK(filled(last, 1000, 1));
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
    use_up();
    for (int i = 0; i < 8; i++)
        p[i] = (char *)fresh(1000, 1);
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
    CHECK(os_malloc(1000 + stride(1000)) == p[6]);
    CHECK(os_malloc(1000 + 2 * stride(1000)) == p[2]);
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
    CHECK(os_malloc(1000 + 2 * stride(1000)) == p[2]);
    CHECK(filled((unsigned char *)p[1], 1000, 1));
    CHECK(filled((unsigned char *)p[5], 1000, 1) && brk_now() == brk);
}

static const struct test tests[] = {
    CONFORMANCE_TESTS,
    BREAK_TESTS,
    MAPPING_TESTS,
    {"first-use-preallocates", first_use_preallocates},
    {"first-calloc-preallocates", first_calloc_preallocates},
    {"a-mapping-does-not-preallocate", a_mapping_does_not_preallocate},
    {"first-block-just-below-the-threshold",
     first_block_just_below_the_threshold},
    {"first-memory-at-an-odd-break", first_memory_at_an_odd_break},
    {"calloc-maps-from-a-page-on", calloc_maps_from_a_page_on},
    {"realloc-of-a-cleared-page", realloc_of_a_cleared_page},
    {"takes-the-best-fit", takes_the_best_fit},
    {"takes-the-exact-fit", takes_the_exact_fit},
    {"free-memory-goes-before-the-break", free_memory_goes_before_the_break},
    {"moves-by-what-is-missing", moves_by_what_is_missing},
    {"expands-the-last-block", expands_the_last_block},
    {"realloc-expands-the-last-block", realloc_expands_the_last_block},
    {"realloc-expands-with-what-is-free", realloc_expands_with_what_is_free},
    {"somebody-may-be-faster", somebody_may_be_faster},
    {"realloc-of-a-free-block", realloc_of_a_free_block},
    {"double-free-is-ignored", double_free_is_ignored},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
