/*
 * memlib_test.c - the simulated heap does what memlib.h says.
 */
#define _GNU_SOURCE
#include "../check.h"

#include "../../memlib.h"

#include <dlfcn.h>
#include <errno.h>
#include <sys/mman.h>

#define REFUSED ((void *)-1)

#define PAGE ((size_t)sysconf(_SC_PAGESIZE))

enum { MIB = 1 << 20 };

static unsigned char *lo(void)
{
    return mem_heap_lo();
}

static void start(size_t limit)
{
    mem_set_limit(limit);
    mem_init();
}

static bool all_are(const unsigned char *bytes, size_t size, int value)
{
    for (size_t i = 0; i < size; i++)
        if (bytes[i] != value)
            return false;
    return true;
}

/* Does a mem_sbrk of increment fail, with that errno, and change nothing? */
static bool sbrk_fails(intptr_t increment, int error)
{
    size_t before = mem_heapsize(), footprint = mem_footprint();

    errno = 0;
    return mem_sbrk(increment) == REFUSED && errno == error &&
           mem_heapsize() == before && mem_footprint() == footprint;
}

static bool map_fails(size_t size, int error)
{
    size_t footprint = mem_footprint();

    errno = 0;
    return !mem_map(size) && errno == error && mem_footprint() == footprint;
}

static bool unmap_fails(void *ptr, size_t size)
{
    size_t footprint = mem_footprint();

    errno = 0;
    return mem_unmap(ptr, size) == -1 && errno == EINVAL &&
           mem_footprint() == footprint;
}

/* ---- The break. ---- */

static void starts_empty(void)
{
    start(MIB);
    CHECK(mem_heapsize() == 0);
    CHECK((unsigned char *)mem_heap_hi() + 1 == lo());
    CHECK(mem_footprint() == 0);
    CHECK(mem_peak_footprint() == 0);
    CHECK(mem_pagesize() == (size_t)sysconf(_SC_PAGESIZE));
    CHECK((uintptr_t)lo() % mem_pagesize() == 0);
}

static void grows(void)
{
    start(MIB);
    CHECK(mem_sbrk(100) == lo());
    CHECK(mem_sbrk(1) == lo() + 100);
    CHECK(mem_sbrk(5000) == lo() + 101);
    CHECK(mem_sbrk(0) == lo() + 5101);
    CHECK(mem_heapsize() == 5101);
    CHECK(mem_heap_hi() == lo() + 5100);
    CHECK(all_are(lo(), 5101, 0));
    memset(lo(), 0xff, 5101);
}

static void shrinks(void)
{
    start(MIB);
    mem_sbrk(10000);
    CHECK(mem_sbrk(-4000) == lo() + 10000);
    CHECK(mem_heapsize() == 6000);
    CHECK(mem_sbrk(-6000) == lo() + 6000);
    CHECK(mem_heapsize() == 0);
    CHECK(mem_sbrk(16) == lo());
}

static void does_not_shrink_below_lo(void)
{
    start(MIB);
    CHECK(sbrk_fails(-1, EINVAL));
    mem_sbrk(100);
    CHECK(sbrk_fails(-101, EINVAL));
    CHECK(sbrk_fails(INTPTR_MIN, EINVAL));
    CHECK(mem_sbrk(-100) != REFUSED);
}

/* Small areas, and areas large enough that memlib drops whole pages. */
static void memory_is_zero_again(void)
{
    const size_t sizes[] = {1, 100, PAGE, 3 * PAGE + 7, 200 * PAGE + 9};

    start(1024 * PAGE);
    for (size_t i = 0; i < sizeof sizes / sizeof *sizes; i++) {
        size_t kept = 50 + 1000 * i;
        unsigned char *p = mem_sbrk((intptr_t)(kept + sizes[i]));

        memset(p, 0xa5, kept + sizes[i]);
        mem_sbrk(-(intptr_t)sizes[i]);
        CHECK(mem_sbrk((intptr_t)sizes[i]) == p + kept);
        CHECK(all_are(p, kept, 0xa5));
        CHECK(all_are(p + kept, sizes[i], 0));
    }
}

static void heap_stops_at_limit(void)
{
    start(MIB);
    CHECK(sbrk_fails(MIB + 1, ENOMEM));
    CHECK(sbrk_fails(INTPTR_MAX, ENOMEM));
    CHECK(mem_sbrk(MIB - 1) == lo());
    CHECK(sbrk_fails(2, ENOMEM));
    CHECK(mem_sbrk(1) == lo() + MIB - 1);
    CHECK(sbrk_fails(1, ENOMEM));
    memset(lo(), 1, MIB);
    CHECK(mem_sbrk(-100) != REFUSED);
    CHECK(mem_sbrk(100) != REFUSED);
}

/* ---- Mappings. ---- */

static void maps_pages(void)
{
    start(MIB);
    unsigned char *a = mem_map(1), *b = mem_map(PAGE + 1);

    CHECK(a && b);
    CHECK((uintptr_t)a % PAGE == 0 && (uintptr_t)b % PAGE == 0);
    CHECK(a + PAGE == lo() + MIB);
    CHECK(b + 2 * PAGE == a);
    CHECK(mem_footprint() == 3 * PAGE);
    CHECK(mem_heapsize() == 0);
    CHECK(all_are(b, 3 * PAGE, 0));
    memset(b, 0xff, 3 * PAGE);
    CHECK(mem_unmap(a, 1) == 0);
    CHECK(mem_footprint() == 2 * PAGE);
    CHECK(mem_unmap(b, PAGE + 1) == 0);
    CHECK(mem_footprint() == 0);
    CHECK(mem_peak_footprint() == 3 * PAGE);
}

static void maps_zero_again(void)
{
    start(1024 * PAGE);
    for (size_t pages = 1; pages < 300; pages += 99) {
        unsigned char *p = mem_map(pages * PAGE);

        CHECK(p);
        CHECK(all_are(p, pages * PAGE, 0));
        memset(p, 0xa5, pages * PAGE);
        CHECK(mem_unmap(p, pages * PAGE) == 0);
    }
}

static void unmaps_parts(void)
{
    start(MIB);
    unsigned char *p = mem_map(5 * PAGE);
    memset(p, 0xa5, 5 * PAGE);

    CHECK(mem_unmap(p + 2 * PAGE, PAGE) == 0);
    CHECK(mem_footprint() == 4 * PAGE);
    CHECK(unmap_fails(p, 5 * PAGE));
    CHECK(unmap_fails(p + 2 * PAGE, PAGE));
    CHECK(all_are(p, 2 * PAGE, 0xa5));
    CHECK(all_are(p + 3 * PAGE, 2 * PAGE, 0xa5));
    CHECK(mem_unmap(p, 2 * PAGE) == 0);
    CHECK(mem_unmap(p + 3 * PAGE, 2 * PAGE) == 0);
    CHECK(mem_footprint() == 0);
}

static void unmaps_several_at_once(void)
{
    start(MIB);
    unsigned char *a = mem_map(2 * PAGE), *b = mem_map(3 * PAGE);

    CHECK(b + 3 * PAGE == a);
    CHECK(mem_unmap(b + PAGE, 3 * PAGE) == 0);
    CHECK(mem_footprint() == 2 * PAGE);
    CHECK(mem_unmap(b, PAGE) == 0);
    CHECK(mem_unmap(a + PAGE, PAGE) == 0);
    CHECK(mem_footprint() == 0);
}

static void reuses_unmapped_pages(void)
{
    start(MIB);
    unsigned char *a = mem_map(2 * PAGE), *b = mem_map(3 * PAGE);
    unsigned char *c = mem_map(PAGE);

    memset(b, 0xa5, 3 * PAGE);
    CHECK(mem_unmap(b, 3 * PAGE) == 0);
    unsigned char *low = mem_map(4 * PAGE), *hole = mem_map(3 * PAGE);
    CHECK(low + 4 * PAGE == c);
    CHECK(hole == b);
    CHECK(all_are(hole, 3 * PAGE, 0));
    CHECK(mem_footprint() == 10 * PAGE);
    CHECK(mem_unmap(a, 2 * PAGE) == 0);
    CHECK(mem_map(PAGE) == a + PAGE);
    CHECK(mem_map(PAGE) == a);
}

/* Runs that cross words of the bitmap, where a search might go too far. */
static void finds_free_pages_among_many_mappings(void)
{
    enum { PAGES = 1024 };
    unsigned char *page[PAGES];

    start(PAGES * PAGE);
    mem_sbrk(1);
    for (size_t i = 0; i < PAGES - 1; i++) {
        page[i] = mem_map(PAGE);
        CHECK(page[i] == lo() + (PAGES - 1 - i) * PAGE);
    }
    CHECK(map_fails(1, ENOMEM));
    for (size_t i = 0; i < PAGES - 3; i += 61) {
        CHECK(mem_unmap(page[i], PAGE) == 0);
        CHECK(map_fails(2 * PAGE, ENOMEM));
        CHECK(mem_map(PAGE) == page[i]);
        CHECK(mem_unmap(page[i + 2], 3 * PAGE) == 0);
        CHECK(mem_map(3 * PAGE) == page[i + 2]);
    }
    CHECK(mem_unmap(page[PAGES - 2], (PAGES - 1) * PAGE) == 0);
    CHECK(mem_map((PAGES - 1) * PAGE) == page[PAGES - 2]);
}

static void maps_at_multiples(void)
{
    start(100 * PAGE);
    unsigned char *wall = mem_map(PAGE), *p = mem_map_aligned(8 * PAGE, PAGE);
    CHECK((uintptr_t)p % (8 * PAGE) == 0 && wall - p <= 8 * (ptrdiff_t)PAGE);
    CHECK(mem_footprint() == 2 * PAGE);
    CHECK(mem_map(PAGE) == wall - PAGE); /* what lies between is free */
    CHECK((uintptr_t)mem_map_aligned(16, PAGE) % PAGE == 0);
    errno = 0;
    CHECK(!mem_map_aligned(3 * PAGE, PAGE) && errno == EINVAL);
    CHECK(!mem_map_aligned(SIZE_MAX / 2 + 1, PAGE) && errno == ENOMEM);
    CHECK(mem_footprint() == 4 * PAGE);
}

static void remaps_in_place(void)
{
    start(100 * PAGE);
    mem_map(PAGE);
    unsigned char *hole = mem_map(3 * PAGE), *p = mem_map(2 * PAGE);
    memset(p, 7, 2 * PAGE);
    mem_unmap(hole, 3 * PAGE);
    CHECK(mem_remap(p, 2 * PAGE, 4 * PAGE + 1) == p);
    CHECK(mem_footprint() == 6 * PAGE);
    CHECK(all_are(p, 2 * PAGE, 7) && all_are(p + 2 * PAGE, 3 * PAGE, 0));
    CHECK(mem_remap(p, 5 * PAGE, 1) == p);
    CHECK(mem_footprint() == 2 * PAGE);
    CHECK(mem_remap(p, PAGE, 5 * PAGE) == p);
    CHECK(all_are(p, PAGE, 7) && all_are(p + PAGE, 4 * PAGE, 0));
}

static void remaps_to_another_place(void)
{
    start(100 * PAGE);
    unsigned char *wall = mem_map(PAGE), *p = mem_map(2 * PAGE);
    memset(p, 7, 2 * PAGE);
    unsigned char *q = mem_remap(p, 2 * PAGE, 3 * PAGE);
    CHECK(q == p - PAGE); /* over its old place */
    CHECK(all_are(q, 2 * PAGE, 7) && all_are(q + 2 * PAGE, PAGE, 0));
    CHECK(mem_footprint() == 4 * PAGE && mem_peak_footprint() == 4 * PAGE);

    mem_unmap(wall, PAGE);
    mem_map(3 * PAGE); /* below: the two pages above are too few */
    p = mem_remap(q, 3 * PAGE, 200 * PAGE);
    CHECK(!p && errno == ENOMEM && all_are(q, 2 * PAGE, 7));
    p = mem_remap(q, 3 * PAGE, 6 * PAGE);
    CHECK(p == lo() + 87 * PAGE);
    CHECK(all_are(p, 2 * PAGE, 7) && all_are(p + 2 * PAGE, 4 * PAGE, 0));
    CHECK(mem_peak_footprint() == 9 * PAGE);
    CHECK(mem_map(4 * PAGE) == q);
    CHECK(all_are(q, 4 * PAGE, 0)); /* what moved left nothing */
}

static bool remap_fails(void *ptr, size_t old, size_t new, int error)
{
    size_t before = mem_footprint();

    errno = 0;
    return mem_remap(ptr, old, new) == NULL && errno == error &&
           mem_footprint() == before;
}

static void refuses_wrong_remaps(void)
{
    start(8 * PAGE);
    unsigned char *p = mem_map(2 * PAGE);
    CHECK(remap_fails(p, 0, PAGE, EINVAL));
    CHECK(remap_fails(p, PAGE, 0, EINVAL));
    CHECK(remap_fails(p + 1, PAGE, 2 * PAGE, EINVAL));
    CHECK(remap_fails(p, 3 * PAGE, 4 * PAGE, EINVAL));
    CHECK(remap_fails(p - PAGE, PAGE, 2 * PAGE, EINVAL));
    CHECK(remap_fails(p, SIZE_MAX, PAGE, EINVAL));
    CHECK(remap_fails(p, 2 * PAGE, SIZE_MAX, ENOMEM));
    CHECK(remap_fails(p, 2 * PAGE, 9 * PAGE, ENOMEM));
    mem_sbrk(5 * PAGE);
    CHECK(remap_fails(p, 2 * PAGE, 4 * PAGE, ENOMEM));
    CHECK(mem_remap(p, 2 * PAGE, 3 * PAGE) == p - PAGE);
    mem_fail_request(1);
    mem_sbrk(-(intptr_t)PAGE);
    CHECK(remap_fails(p - PAGE, 3 * PAGE, 4 * PAGE, ENOMEM));
}

static void refuses_wrong_unmaps(void)
{
    start(MIB);
    mem_sbrk(3 * PAGE);
    unsigned char *p = mem_map(2 * PAGE);

    CHECK(unmap_fails(p, 0));
    CHECK(unmap_fails(p + 1, PAGE));
    CHECK(unmap_fails(p + 16, 16));
    CHECK(unmap_fails(p, 3 * PAGE));
    CHECK(unmap_fails(p - PAGE, 2 * PAGE));
    CHECK(unmap_fails(p, SIZE_MAX));
    CHECK(unmap_fails(p, SIZE_MAX - 2 * PAGE));
    CHECK(unmap_fails(lo(), PAGE));
    CHECK(unmap_fails(lo() - PAGE, PAGE));
    CHECK(unmap_fails(lo() + MIB, PAGE));
    CHECK(unmap_fails(NULL, PAGE));
    CHECK(mem_unmap(p, 2 * PAGE) == 0);
    CHECK(unmap_fails(p, 2 * PAGE));
}

static void refuses_wrong_maps(void)
{
    start(MIB);
    CHECK(map_fails(0, EINVAL));
    CHECK(map_fails(MIB + 1, ENOMEM));
    CHECK(map_fails(SIZE_MAX, ENOMEM));
    CHECK(map_fails(SIZE_MAX - PAGE, ENOMEM));
}

static void maps_up_to_the_limit(void)
{
    start(MIB);
    unsigned char *p = mem_map(MIB);

    CHECK(p == lo());
    CHECK(map_fails(1, ENOMEM));
    CHECK(sbrk_fails(1, ENOMEM));
    CHECK(mem_unmap(p, MIB) == 0);
    CHECK(mem_sbrk(MIB) == lo());
}

/* ---- Heap and mappings together. ---- */

static void limit_counts_both(void)
{
    start(10 * PAGE);
    CHECK(mem_sbrk(3 * PAGE) != REFUSED);
    CHECK(mem_map(4 * PAGE));
    CHECK(sbrk_fails(3 * PAGE + 1, ENOMEM));
    CHECK(map_fails(3 * PAGE + 1, ENOMEM));
    CHECK(mem_sbrk(2 * PAGE) != REFUSED);
    CHECK(mem_map(PAGE));
    CHECK(sbrk_fails(1, ENOMEM));
    CHECK(map_fails(1, ENOMEM));
    CHECK(mem_footprint() == 10 * PAGE);
}

/* The break may lie within a page; no mapping begins in that page. */
static void mappings_stay_off_the_heap(void)
{
    start(4 * PAGE);
    mem_sbrk(PAGE + 1);
    CHECK(map_fails(2 * PAGE + 1, ENOMEM));
    unsigned char *p = mem_map(2 * PAGE);
    CHECK(p == lo() + 2 * PAGE);
    CHECK(map_fails(1, ENOMEM));
    CHECK(mem_sbrk(PAGE - 1) == lo() + PAGE + 1);
    CHECK(sbrk_fails(1, ENOMEM));
}

/* Memory is left, but the break cannot pass a mapping. */
static void heap_stops_at_a_mapping(void)
{
    start(10 * PAGE);
    unsigned char *high = mem_map(2 * PAGE), *low = mem_map(3 * PAGE);

    CHECK(mem_unmap(high, 2 * PAGE) == 0);
    CHECK(low == lo() + 5 * PAGE);
    CHECK(sbrk_fails(5 * PAGE + 1, ENOMEM));
    CHECK(mem_sbrk(5 * PAGE) == lo());
    CHECK(sbrk_fails(1, ENOMEM));
    CHECK(mem_unmap(low, PAGE) == 0);
    CHECK(mem_sbrk(PAGE) == low);
    CHECK(sbrk_fails(1, ENOMEM));
    CHECK(mem_unmap(low + PAGE, 2 * PAGE) == 0);
    CHECK(mem_sbrk(4 * PAGE) == low + PAGE);
    CHECK(all_are(low, 5 * PAGE, 0));
}

static void footprint_is_the_peak(void)
{
    start(MIB);
    mem_sbrk(3000);
    void *p = mem_map(2 * PAGE);
    mem_sbrk(-1000);
    mem_unmap(p, 2 * PAGE);
    CHECK(mem_footprint() == 2000);
    CHECK(mem_peak_footprint() == 3000 + 2 * PAGE);
    mem_map(PAGE);
    CHECK(mem_peak_footprint() == 3000 + 2 * PAGE);
    mem_map(2 * PAGE);
    CHECK(mem_peak_footprint() == 2000 + 3 * PAGE);
}

static void reset_empties(void)
{
    start(4 * MIB);
    for (int round = 0; round < 3; round++) {
        unsigned char *heap = mem_sbrk(2 * MIB + 5);
        unsigned char *map = mem_map(MIB + 5);

        CHECK(heap == lo());
        CHECK(map && all_are(heap, 2 * MIB + 5, 0));
        CHECK(all_are(map, MIB + 5, 0));
        memset(heap, 0x5a, 2 * MIB + 5);
        memset(map, 0x5a, MIB + 5);
        mem_sbrk(-MIB);
        mem_reset_brk();
        CHECK(mem_heapsize() == 0);
        CHECK(mem_footprint() == 0);
        CHECK(mem_peak_footprint() == 0);
        CHECK(unmap_fails(map, PAGE));
    }
    CHECK(sbrk_fails(4 * MIB + 1, ENOMEM));
    CHECK(mem_sbrk(4 * MIB) == lo());
}

static void starts_again_after_deinit(void)
{
    start(MIB);
    mem_sbrk(100);
    mem_deinit();
    start(2 * MIB);
    CHECK(mem_heapsize() == 0);
    CHECK(mem_sbrk(2 * MIB) == lo());
    CHECK(all_are(lo(), 2 * MIB, 0));
    mem_deinit();
}

static void deterministic_addresses(void)
{
    start(MIB);
    unsigned char *first = lo(), *map = mem_map(1);

    mem_deinit();
    start(MIB);
    CHECK(lo() == first);
    CHECK(mem_map(1) == map);
}

/* ---- Where the heap lies. ---- */

static void small_heaps_lie_low(void)
{
    start(MEM_DEFAULT_LIMIT);
    CHECK(lo() == mem_preferred_base(MEM_DEFAULT_LIMIT));
    CHECK((uintptr_t)lo() + MEM_DEFAULT_LIMIT <= (uintptr_t)1 << 31);
    CHECK(mem_preferred_base(MIB) == mem_preferred_base(2 * MIB));
}

static void large_heaps_lie_high(void)
{
#if SIZE_MAX > UINT32_MAX
    const size_t limit = (size_t)6 << 30, step = (size_t)1 << 30;

    CHECK((uintptr_t)mem_preferred_base(limit) > UINT32_MAX);
    start(limit);
    CHECK(lo() == mem_preferred_base(limit));
    for (size_t i = 0; i < 5; i++) {
        unsigned char *p = mem_sbrk((intptr_t)step);
        CHECK(p == lo() + i * step);
        p[0] = p[step - 1] = 1;
    }
    unsigned char *map = mem_map(step);
    CHECK(map == lo() + 5 * step);
    CHECK(map[0] == 0 && map[step - 1] == 0);
    CHECK(sbrk_fails(1, ENOMEM));
    CHECK(mem_footprint() == limit);
#else
    check_skip("4 GiB do not fit into 32 bits");
#endif
}

/* ---- Failure injection. ---- */

static void fails_the_nth_request(void)
{
    start(MIB);
    mem_sbrk(10);
    mem_fail_request(3);
    CHECK(mem_sbrk(10) != REFUSED);
    CHECK(mem_map(10));
    CHECK(mem_sbrk(0) != REFUSED); /* asks for nothing: does not count */
    CHECK(mem_sbrk(-5) != REFUSED);
    CHECK(sbrk_fails(10, ENOMEM));
    CHECK(mem_sbrk(10) != REFUSED);
    mem_fail_request(1);
    CHECK(map_fails(10, ENOMEM));
    CHECK(mem_map(10));
}

static void fail_at_can_be_cleared(void)
{
    start(MIB);
    mem_fail_request(2);
    mem_sbrk(10);
    mem_fail_request(0);
    for (int i = 0; i < 10; i++)
        CHECK(mem_sbrk(10) != REFUSED);
}

/* ---- Pages that the system drops. ---- */

static bool advice_ignored;

/* Replaces libc's: an emulator may report success and do nothing. */
int madvise(void *at, size_t size, int advice)
{
    int (*next)(void *, size_t, int) =
        (int (*)(void *, size_t, int))dlsym(RTLD_NEXT, "madvise");

    return advice_ignored ? 0 : next(at, size, advice);
}

/* memlib must not clear the rest of a page that it shares with a block. */
static void clears_its_own_pages_only(void)
{
    const size_t half = PAGE / 2, size = 100 * PAGE - half;

    start(1024 * PAGE);
    unsigned char *above = mem_map(half), *large = mem_map(size);
    unsigned char *below = mem_map(half);

    memset(above, 1, half);
    memset(large, 2, size);
    memset(below, 3, half);
    CHECK(mem_unmap(large, size) == 0);
    CHECK(all_are(above, half, 1) && all_are(below, half, 3));
    CHECK(mem_map(size) == large);
    CHECK(all_are(large, size, 0));
}

static void clears_where_advice_is_ignored(void)
{
    advice_ignored = true;
    clears_its_own_pages_only();
    memory_is_zero_again();
}

/* ---- The account of a heap that the caller attaches. ---- */

enum { PAGES = 64, LARGEST_PAGE = 65536 };

#define REGION (PAGES * PAGE)

static _Alignas(LARGEST_PAGE) unsigned char region[PAGES * LARGEST_PAGE];
static struct mem_account account;

static void attach(void)
{
    account = (struct mem_account){.limit = REGION};
    mem_attach(region, &account, NULL);
}

static bool event_is(size_t i, enum mem_event_kind kind, uint64_t at,
                     uint64_t size)
{
    const struct mem_event *e = &account.events[i];

    return e->kind == kind && e->at == at && e->size == size;
}

static void attaches_to_a_region(void)
{
    attach();
    CHECK(mem_heap_lo() == region);
    CHECK(mem_sbrk(100) == region);
    CHECK(mem_map(1) == region + REGION - PAGE);
    CHECK(sbrk_fails(REGION - PAGE - 99, ENOMEM));
    CHECK(account.brk == 100);
    CHECK(account.mapped == PAGE);
    CHECK(account.footprint == 100 + PAGE);
    CHECK(account.requests == 3);
    CHECK(account.refused == 1);
    mem_reset_brk();
    CHECK(account.limit == REGION);
    CHECK(account.requests == 0 && account.refused == 0);
}

static void records_events(void)
{
    attach();
    account.step = 7;
    mem_sbrk(5000);
    mem_sbrk(0);
    account.step = 8;
    mem_sbrk(-1000);
    unsigned char *p = mem_map(2 * PAGE);
    mem_sbrk(REGION);
    mem_map(REGION + PAGE);
    mem_unmap(p + PAGE, PAGE);
    mem_unmap(p + PAGE, PAGE);
    mem_remap(p, PAGE, 2 * PAGE); /* in place */
    p = mem_map(PAGE);
    mem_remap(p, PAGE, 2 * PAGE);
    CHECK(account.event_count == 10);
    CHECK(event_is(6, MEM_MAP, REGION - PAGE, PAGE));
    CHECK(event_is(7, MEM_MAP, REGION - 3 * PAGE, PAGE));
    CHECK(event_is(8, MEM_UNMAP, REGION - 3 * PAGE, PAGE));
    CHECK(event_is(9, MEM_MAP, REGION - 4 * PAGE, 2 * PAGE));
    CHECK(event_is(0, MEM_BRK, 5000, 5000));
    CHECK(account.events[1].kind == MEM_BRK && account.events[1].at == 4000);
    CHECK(event_is(2, MEM_MAP, REGION - 2 * PAGE, 2 * PAGE));
    CHECK(account.events[3].kind == MEM_REFUSED);
    CHECK(account.events[3].size == REGION);
    CHECK(account.events[4].kind == MEM_REFUSED);
    CHECK(account.events[4].size == REGION + PAGE);
    CHECK(event_is(5, MEM_UNMAP, REGION - PAGE, PAGE));
    CHECK(account.events[0].step == 7 && account.events[1].step == 8);
    CHECK(account.heap_top == 5000);
    CHECK(account.map_floor == REGION - 4 * PAGE);
}

static unsigned drains;

static void drain(void)
{
    drains++;
    account.event_count = 0;
}

static void drains_events(void)
{
    account = (struct mem_account){.limit = REGION};
    mem_attach(region, &account, drain);
    for (int i = 0; i < MEM_EVENTS; i++)
        mem_sbrk(1);
    CHECK(drains == 0);
    CHECK(account.event_count == MEM_EVENTS);
    mem_sbrk(1);
    CHECK(drains == 1);
    CHECK(account.event_count == 1);
    CHECK(event_is(0, MEM_BRK, MEM_EVENTS + 1, 1));
}

static void drops_events_without_drain(void)
{
    attach();
    for (int i = 0; i < MEM_EVENTS + 10; i++)
        CHECK(mem_sbrk(1) != REFUSED);
    CHECK(account.event_count == MEM_EVENTS);
    CHECK(mem_heapsize() == MEM_EVENTS + 10);
}

static void fails_as_the_account_says(void)
{
    account = (struct mem_account){.limit = REGION, .fail_at = 2};
    mem_attach(region, &account, NULL);
    CHECK(mem_sbrk(1) != REFUSED);
    CHECK(map_fails(1, ENOMEM));
    CHECK(mem_map(1));
    CHECK(account.requests == 3 && account.refused == 1);
}

/* ---- A long random run against a model of the pages. ---- */

static struct model {
    uint64_t random;
    size_t brk, count; /* of mapped pages */
    bool mapped[PAGES];
} model;

static size_t below(size_t bound)
{
    model.random = model.random * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(model.random >> 33) % bound;
}

static void model_grow(size_t size)
{
    unsigned char *p = mem_sbrk((intptr_t)size);

    if (p == REFUSED)
        return;
    CHECK(p == region + model.brk);
    CHECK(all_are(p, size, 0));
    memset(p, 1, size);
    model.brk += size;
}

static void model_shrink(size_t size)
{
    bool possible = size <= model.brk;

    CHECK((mem_sbrk(-(intptr_t)size) != REFUSED) == possible);
    model.brk -= possible ? size : 0;
}

static void model_map(size_t pages)
{
    unsigned char *p = mem_map(pages * PAGE);

    if (!p)
        return;
    size_t first = (size_t)(p - region) / PAGE;
    CHECK(first * PAGE >= model.brk && first + pages <= PAGES);
    CHECK(all_are(p, pages * PAGE, 0));
    memset(p, 2, pages * PAGE);
    for (size_t page = first; page < first + pages; page++) {
        CHECK(!model.mapped[page]);
        model.mapped[page] = true;
    }
    model.count += pages;
}

/* Are these pages mapped in the model? */
static bool model_has(size_t first, size_t pages)
{
    for (size_t page = first; page < first + pages; page++)
        if (page >= PAGES || !model.mapped[page])
            return false;
    return true;
}

static void model_unmap(size_t first, size_t pages)
{
    bool possible = model_has(first, pages);

    CHECK((mem_unmap(region + first * PAGE, pages * PAGE) == 0) == possible);
    if (!possible)
        return;
    memset(model.mapped + first, false, pages * sizeof *model.mapped);
    model.count -= pages;
}

static void model_remap(size_t first, size_t pages, size_t more)
{
    unsigned char *old = region + first * PAGE;
    bool possible = model_has(first, pages);

    if (possible)
        memset(old, 3, pages * PAGE);
    unsigned char *p = mem_remap(old, pages * PAGE, (pages + more) * PAGE);
    CHECK(p ? possible : !possible || errno == ENOMEM);
    if (!p)
        return;
    CHECK(all_are(p, pages * PAGE, 3) &&
          all_are(p + pages * PAGE, more * PAGE, 0));
    memset(p, 2, (pages + more) * PAGE);
    memset(model.mapped + first, false, pages * sizeof *model.mapped);
    for (size_t page = 0; page < pages + more; page++) {
        CHECK(!model.mapped[(size_t)(p - region) / PAGE + page]);
        model.mapped[(size_t)(p - region) / PAGE + page] = true;
    }
    model.count += more;
}

static void denies_no_page(void)
{
    mem_init();
    unsigned char *page = mem_map(mem_pagesize());
    page[0] = 1;
    CHECK(!mem_deny(page, mem_pagesize()) && !mem_allow(page, mem_pagesize()));
    CHECK(page[0] == 1);
    mem_deinit();
}

static void account_agrees_with_a_model(void)
{
    attach();
    for (int i = 0; i < 30000; i++) {
        switch (below(6)) {
        case 0:
            model_grow(1 + below(9000));
            break;
        case 1:
            model_shrink(1 + below(15000));
            break;
        case 2:
            model_map(1 + below(6));
            break;
        case 3:
            model_remap(below(PAGES), 1 + below(2), below(3));
            break;
        default:
            model_unmap(below(PAGES), 1 + below(3));
        }
        CHECK(mem_heapsize() == model.brk);
        CHECK(account.mapped == model.count * PAGE);
        CHECK(mem_footprint() == model.brk + model.count * PAGE);
    }
}

static const struct test tests[] = {
    {"starts-empty", starts_empty},
    {"grows", grows},
    {"shrinks", shrinks},
    {"does-not-shrink-below-lo", does_not_shrink_below_lo},
    {"memory-is-zero-again", memory_is_zero_again},
    {"heap-stops-at-limit", heap_stops_at_limit},
    {"maps-pages", maps_pages},
    {"maps-zero-again", maps_zero_again},
    {"unmaps-parts", unmaps_parts},
    {"unmaps-several-at-once", unmaps_several_at_once},
    {"maps-at-multiples", maps_at_multiples},
    {"remaps-in-place", remaps_in_place},
    {"remaps-to-another-place", remaps_to_another_place},
    {"refuses-wrong-remaps", refuses_wrong_remaps},
    {"reuses-unmapped-pages", reuses_unmapped_pages},
    {"finds-free-pages-among-many-mappings",
     finds_free_pages_among_many_mappings},
    {"refuses-wrong-unmaps", refuses_wrong_unmaps},
    {"refuses-wrong-maps", refuses_wrong_maps},
    {"maps-up-to-the-limit", maps_up_to_the_limit},
    {"limit-counts-both", limit_counts_both},
    {"mappings-stay-off-the-heap", mappings_stay_off_the_heap},
    {"heap-stops-at-a-mapping", heap_stops_at_a_mapping},
    {"footprint-is-the-peak", footprint_is_the_peak},
    {"reset-empties", reset_empties},
    {"starts-again-after-deinit", starts_again_after_deinit},
    {"deterministic-addresses", deterministic_addresses},
    {"small-heaps-lie-low", small_heaps_lie_low},
    {"large-heaps-lie-high", large_heaps_lie_high},
    {"fails-the-nth-request", fails_the_nth_request},
    {"fail-at-can-be-cleared", fail_at_can_be_cleared},
    {"attaches-to-a-region", attaches_to_a_region},
    {"records-events", records_events},
    {"drains-events", drains_events},
    {"drops-events-without-drain", drops_events_without_drain},
    {"fails-as-the-account-says", fails_as_the_account_says},
    {"clears-its-own-pages-only", clears_its_own_pages_only},
    {"clears-where-advice-is-ignored", clears_where_advice_is_ignored},
    {"denies-no-page", denies_no_page},
    {"account-agrees-with-a-model", account_agrees_with_a_model},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
