/*
 * oslib_test.c - memlib.h over the operating system keeps its promises.
 */
#define _GNU_SOURCE
#include "family.h"

#include "../../memlib.h"
#include "../../runtime/mapping.h"

#include <errno.h>
#include <sys/mman.h>
#include <sys/resource.h>

#define REFUSED ((void *)-1)

static const size_t gib = (size_t)1 << 30;

size_t heap_limit = 16 * MIB;

static unsigned char *lo(void)
{
    return mem_heap_lo();
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
    size_t before = mem_heapsize();

    errno = 0;
    return mem_sbrk(increment) == REFUSED && errno == error &&
           mem_heapsize() == before;
}

static bool map_fails(size_t size, int error)
{
    errno = 0;
    return !mem_map(size) && errno == error;
}

static unsigned char *top(void)
{
    return lo() + heap_limit;
}

/* Pages of [at, at + size) that are in memory. */
static size_t pages_in(unsigned char *at, size_t size)
{
    size_t count = 0;
    unsigned char in;

    for (size_t i = 0; i < size; i += PAGE)
        count += mincore(at + i, PAGE, &in) == 0 && (in & 1);
    return count;
}

static void limit(int resource, size_t bytes)
{
    struct rlimit l;

    CHECK(getrlimit(resource, &l) == 0);
    l.rlim_cur = bytes;
    CHECK(setrlimit(resource, &l) == 0);
}

static void limit_data(size_t more)
{
#ifdef __SANITIZE_ADDRESS__
    check_skip("the sanitizer itself needs more");
#endif
    limit(RLIMIT_DATA, status_bytes("VmData:") + more);
}

static bool killed_by_writing(unsigned char *at)
{
    int status;
    pid_t child = fork();

    if (child == 0) {
        signal(SIGSEGV, SIG_DFL);
        *(volatile unsigned char *)at = 1;
        _exit(0);
    }
    return waitpid(child, &status, 0) == child && WIFSIGNALED(status);
}

/* ---- The break. ---- */

static void starts_empty(void)
{
    CHECK(mem_heapsize() == 0);
    CHECK(mem_pagesize() == (size_t)sysconf(_SC_PAGESIZE));
    CHECK(lo() && (uintptr_t)lo() % PAGE == 0);
    CHECK((unsigned char *)mem_heap_hi() + 1 == lo());
    CHECK(mem_sbrk(0) == lo());
    CHECK(mem_heapsize() == 0);
}

static void grows(void)
{
    unsigned char *first = mem_sbrk(100), *second = mem_sbrk(5000);

    CHECK(first == lo());
    CHECK(second == first + 100);
    CHECK(mem_heapsize() == 5100);
    CHECK(mem_heap_hi() == second + 4999);
    CHECK(all_are(first, 5100, 0));
    memset(first, 1, 5100);
    CHECK(mem_sbrk(0) == second + 5000);
}

static void shrinks(void)
{
    unsigned char *first = mem_sbrk(5000);

    memset(first, 1, 5000);
    CHECK(mem_sbrk(-3000) == first + 5000);
    CHECK(mem_heapsize() == 2000);
    CHECK(all_are(first, 2000, 1));
    CHECK(mem_sbrk(-2000) == first + 2000);
    CHECK(mem_heapsize() == 0 && lo() == first);
}

static void does_not_shrink_below_its_start(void)
{
    CHECK(sbrk_fails(-1, EINVAL));
    mem_sbrk(100);
    CHECK(sbrk_fails(-101, EINVAL));
    CHECK(sbrk_fails(INTPTR_MIN, EINVAL));
    CHECK(mem_sbrk(-100) != REFUSED);
    CHECK(sbrk_fails(-1, EINVAL));
}

static void stops_at_the_limit(void)
{
    CHECK(sbrk_fails((intptr_t)heap_limit + 1, ENOMEM));
    CHECK(sbrk_fails(INTPTR_MAX, ENOMEM));
    CHECK(mem_sbrk((intptr_t)heap_limit - 1) == lo());
    CHECK(sbrk_fails(2, ENOMEM));
    CHECK(mem_sbrk(1) == lo() + heap_limit - 1);
    CHECK(sbrk_fails(1, ENOMEM));
    lo()[heap_limit - 1] = 1;
    CHECK(mem_sbrk(-1) != REFUSED);
    CHECK(mem_sbrk(1) != REFUSED);
    CHECK(lo()[heap_limit - 1] == 0);
}

static void is_open_no_further_than_needed(void)
{
    unsigned char *first = mem_sbrk(10);

    first[9] = 1;
    CHECK(killed_by_writing(first + heap_limit / 2));
    mem_sbrk((intptr_t)heap_limit / 2);
    first[heap_limit / 2] = 1;
}

/* ---- Zeros. ---- */

static void is_zero_again(intptr_t size)
{
    unsigned char *first = mem_sbrk(100 + size);

    memset(first, 0xa5, 100 + (size_t)size);
    CHECK(mem_sbrk(-size) == first + 100 + size);
    CHECK(mem_sbrk(size / 2) == first + 100);
    CHECK(all_are(first + 100, (size_t)size / 2, 0));
    CHECK(mem_sbrk(size) == first + 100 + size / 2);
    CHECK(all_are(first + 100, (size_t)(size + size / 2), 0));
    CHECK(all_are(first, 100, 0xa5));
    CHECK(mem_sbrk(-(100 + size + size / 2)) != REFUSED);
}

static void a_little_is_zero_again(void)
{
    is_zero_again(100);
    is_zero_again(5000);
    is_zero_again(100000);
}

static void a_lot_is_zero_again(void)
{
    is_zero_again(300000);
    is_zero_again(5 * MIB + 123);
    is_zero_again(4 * MIB);
}

static size_t below(size_t bound)
{
    static uint64_t random = 1;

    random = random * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(random >> 33) % bound;
}

/* Every byte that is taken is zero, and stays what it is made. */
static void walk(size_t size)
{
    size_t had = mem_heapsize();
    unsigned char *end = lo() + had;

    if (below(2) && size <= had) {
        CHECK(mem_sbrk(-(intptr_t)size) == end);
        CHECK(size == had || lo()[had - size - 1] == 0xa5);
        return;
    }
    if (mem_sbrk((intptr_t)size) == REFUSED)
        return;
    CHECK(all_are(end, size, 0));
    memset(end, 0xa5, size);
}

static void is_zero_after_any_walk(void)
{
    heap_limit = 16 * MIB;
    for (int i = 0; i < 1500; i++)
        walk(1 + below(below(3) ? 3000 : below(10) ? 200000 : 4 * MIB));
    CHECK(all_are(lo(), mem_heapsize(), 0xa5));
}

/* ---- Giving back. ---- */

static void gives_pages_back(void)
{
    enum { SIZE = 8 * MIB, KEPT = 2 * MIB + 100 };
    unsigned char *first = mem_sbrk(SIZE);

    memset(first, 1, SIZE);
    CHECK(pages_in(first, SIZE) == SIZE / PAGE);
    mem_sbrk(-(SIZE - KEPT));
    CHECK(pages_in(first, SIZE) == KEPT / PAGE + 1);
    CHECK(all_are(first, KEPT, 1));
}

/* Step by step, so that no step is worth it. */
static void gives_back_what_comes_in_small_steps(void)
{
    enum { SIZE = 8 * MIB, STEP = 10000 };
    unsigned char *first = mem_sbrk(SIZE);

    memset(first, 1, SIZE);
    while (mem_heapsize() > STEP)
        mem_sbrk(-STEP);
    CHECK(pages_in(first, SIZE) < MIB / PAGE);
}

static void keeps_a_little_for_the_next(void)
{
    unsigned char *first = mem_sbrk(64 * KIB);

    memset(first, 1, 64 * KIB);
    mem_sbrk(-64 * KIB);
    CHECK(pages_in(first, 64 * KIB) == 64 * KIB / PAGE);
}

/* ---- Where it lies. ---- */

static void lies_low_where_a_hand_in_needs_it(void)
{
    heap_limit = gib;
    CHECK(mem_sbrk(100 * MIB) == lo());
    CHECK((uintptr_t)lo() + gib <= (uintptr_t)1 << 31);
    lo()[100 * MIB - 1] = 1;
    CHECK(mem_sbrk((intptr_t)gib - 100 * MIB) != REFUSED);
    CHECK(sbrk_fails(1, ENOMEM));
}

/* What lies there already stays. */
static void finds_another_low_place(void)
{
    unsigned char *taken =
        mmap((void *)(uintptr_t)(300 * MIB), MIB, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (taken != (unsigned char *)(uintptr_t)(300 * MIB))
        check_skip("something else lies there");
    memset(taken, 7, MIB);
    heap_limit = gib / 2;
    CHECK(mem_sbrk(400 * MIB) != REFUSED);
    CHECK((uintptr_t)lo() + heap_limit <= (uintptr_t)1 << 31);
    memset(lo(), 0, 200 * MIB);
    CHECK(all_are(taken, MIB, 7));
}

static void large_heaps_lie_anywhere(void)
{
#if SIZE_MAX > UINT32_MAX
    heap_limit = 64 * gib;
    CHECK(mem_sbrk((intptr_t)gib) == lo());
    CHECK(mem_sbrk((intptr_t)(20 * gib)) == lo() + gib);
    lo()[21 * gib - 1] = 1;
    CHECK(mem_sbrk(-(intptr_t)(21 * gib)) != REFUSED);
#else
    check_skip("4 GiB do not fit into 32 bits");
#endif
}

/* ---- Where the system has less. ---- */

static void makes_do_with_less(void)
{
#if SIZE_MAX > UINT32_MAX
    heap_limit = 64 * gib;
#else
    heap_limit = gib;
#endif
    limit(RLIMIT_AS, status_bytes("VmSize:") + 200 * MIB);
    errno = EDOM;
    CHECK(mem_sbrk(60 * MIB) == lo());
    CHECK(errno == EDOM);
    lo()[60 * MIB - 1] = 1;
    CHECK(sbrk_fails(200 * MIB, ENOMEM));
    CHECK(mem_sbrk(-60 * MIB) != REFUSED);
}

static void asks_again_after_a_refusal(void)
{
    heap_limit = 128 * MIB;
    limit(RLIMIT_AS, status_bytes("VmSize:"));
    CHECK(sbrk_fails(1, ENOMEM));
    CHECK(sbrk_fails(0, ENOMEM));
    CHECK(!mem_heap_lo());
    limit(RLIMIT_AS, status_bytes("VmSize:") + 300 * MIB);
    CHECK(mem_sbrk(100 * MIB) == lo() && lo());
}

/* It opens more than it was asked for, unless there is no more. */
static void opens_as_little_as_it_must(void)
{
    mem_sbrk(0);
    limit_data(20 * PAGE);
    errno = EDOM;
    CHECK(mem_sbrk(10 * PAGE) == lo());
    memset(lo(), 1, 10 * PAGE);
    CHECK(sbrk_fails(30 * PAGE, ENOMEM));
    CHECK(mem_heapsize() == 10 * PAGE);
    CHECK(all_are(lo(), 10 * PAGE, 1));
    CHECK(mem_sbrk(-10 * PAGE) != REFUSED);
}

static void leaves_errno_where_it_succeeds(void)
{
    errno = EDOM;
    CHECK(mem_sbrk(3 * MIB) != REFUSED && mem_sbrk(-3 * MIB) != REFUSED);
    void *area = mem_map(10);
    CHECK(area && mem_unmap(area, 10) == 0);
    CHECK(errno == EDOM);
}

/* ---- What it takes: as much as it uses. ---- */

/* A 16th is opened in advance, or a little. */
static bool is_hardly_more(size_t bytes, size_t used)
{
    return bytes >= used && bytes <= used + used / 16 + 512 * KIB;
}

static void large_limit(void)
{
    heap_limit = SIZE_MAX > UINT32_MAX ? (size_t)1 << 37 : gib;
}

static void takes_no_addresses_in_advance(void)
{
    size_t before = status_bytes("VmSize:"), bits;

    large_limit();
    CHECK(lo());
    bits = heap_limit / PAGE / 8;
    CHECK(is_hardly_more(status_bytes("VmSize:") - before, bits));
    mem_sbrk(100 * MIB);
    mem_map(50 * MIB);
    CHECK(is_hardly_more(status_bytes("VmSize:") - before, bits + 150 * MIB));
    mem_sbrk(-99 * MIB);
    CHECK(is_hardly_more(status_bytes("VmSize:") - before, bits + 51 * MIB));
    CHECK(mem_unmap(top() - 50 * MIB, 50 * MIB) == 0);
    CHECK(is_hardly_more(status_bytes("VmSize:") - before, bits + MIB));
}

/* All but a little can be had, by heap and mappings together. */
static void takes_what_a_limit_leaves(int resource)
{
    size_t had = status_bytes(resource == RLIMIT_AS ? "VmSize:" : "VmData:");

#ifdef __SANITIZE_ADDRESS__
    check_skip("the sanitizer itself needs more");
#endif
    large_limit();
    CHECK(setrlimit(resource,
                    &(struct rlimit){had + 200 * MIB, had + 200 * MIB}) == 0);
    CHECK(mem_sbrk(150 * MIB) == lo());
    CHECK(mem_map(48 * MIB));
    CHECK(map_fails(2 * MIB, ENOMEM) && sbrk_fails(2 * MIB, ENOMEM));
    memset(lo(), 1, 150 * MIB);
    mem_sbrk(-150 * MIB);
    CHECK(mem_map(145 * MIB));
}

static void takes_what_address_space_leaves(void)
{
    takes_what_a_limit_leaves(RLIMIT_AS);
}

static void takes_what_data_leaves(void)
{
    takes_what_a_limit_leaves(RLIMIT_DATA);
}

/* A page that is locked counts against a limit, and so does one that is not. */
static void opens_little_where_all_is_locked(void)
{
#ifdef __SANITIZE_ADDRESS__
    check_skip("the sanitizer locks nothing");
#endif
    if (geteuid() == 0 && setresuid(65534, 65534, 65534) != 0)
        check_skip("root locks what it likes");
    size_t had = status_bytes("VmLck:");
    CHECK(setrlimit(RLIMIT_MEMLOCK,
                    &(struct rlimit){had + 30 * PAGE, had + 30 * PAGE}) == 0);
    CHECK(lo());
    if (mlockall(MCL_FUTURE) != 0)
        check_skip("nothing can be locked");
    CHECK(mem_sbrk(20 * PAGE) == lo());
    memset(lo(), 1, 20 * PAGE);
    CHECK(mem_map(5 * PAGE));
    CHECK(map_fails(10 * PAGE, ENOMEM) && sbrk_fails(10 * PAGE, ENOMEM));
}

static void is_surrounded_by_guards(void)
{
    mem_sbrk(10);
    unsigned char *map = mem_map(10);

    CHECK(killed_by_writing(lo() - 1) && killed_by_writing(lo() - GUARD));
    CHECK(killed_by_writing(top()) && killed_by_writing(top() + GUARD - 1));
    CHECK(mem_map(heap_limit - 2 * GUARD - PAGE));
    CHECK(killed_by_writing(lo() + PAGE + GUARD - 1));
    map[0] = lo()[9] = 1;
}

/* What another has mapped there stays, and memory is refused. */
static void steps_over_no_mapping_of_another(void)
{
    mem_sbrk(10);
    unsigned char *taken =
        mmap(lo() + 8 * MIB, MIB, PROT_READ | PROT_WRITE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    CHECK(taken == lo() + 8 * MIB);
    memset(taken, 7, MIB);
    CHECK(sbrk_fails(9 * MIB, ENOMEM) && map_fails(9 * MIB, ENOMEM));
    CHECK(mem_sbrk(8 * MIB - 10) == lo() + 10);
    CHECK(mem_map(7 * MIB) == top() - 7 * MIB);
    CHECK(all_are(taken, MIB, 7));
}

/* ---- Mappings. ---- */

static bool unmap_fails(void *at, size_t size)
{
    errno = 0;
    return mem_unmap(at, size) == -1 && errno == EINVAL;
}

static void maps_pages_from_the_top(void)
{
    unsigned char *a = mem_map(1), *b = mem_map(5 * PAGE + 1);

    CHECK(a == top() - PAGE);
    CHECK(b == top() - 7 * PAGE);
    CHECK(all_are(a, PAGE, 0) && all_are(b, 6 * PAGE, 0));
    memset(a, 1, PAGE);
    memset(b, 2, 6 * PAGE);
    CHECK(all_are(a, PAGE, 1));
    CHECK(mem_heapsize() == 0);
    CHECK(mem_unmap(a, 1) == 0 && mem_unmap(b, 5 * PAGE + 1) == 0);
    CHECK(mem_map(7 * PAGE) == b);
    CHECK(all_are(b, 7 * PAGE, 0));
}

static void maps_at_multiples(void)
{
    unsigned char *wall = mem_map(1), *map = mem_map_aligned(64 * PAGE, PAGE);

    CHECK((uintptr_t)map % (64 * PAGE) == 0 && map < wall);
    CHECK(mem_map(1) == wall - PAGE);
    errno = 0;
    CHECK(!mem_map_aligned(3 * PAGE, PAGE) && errno == EINVAL);
}

static void remaps(void)
{
    unsigned char *wall = mem_map(1), *map = mem_map(2 * PAGE);

    CHECK(map == wall - 2 * PAGE);
    memset(map, 1, 2 * PAGE);
    unsigned char *moved = mem_remap(map, 2 * PAGE, 4 * PAGE);
    CHECK(moved && moved != map);
    CHECK(all_are(moved, 2 * PAGE, 1) &&
          all_are(moved + 2 * PAGE, 2 * PAGE, 0));
    CHECK(mem_map(2 * PAGE) == map && all_are(map, 2 * PAGE, 0));
    CHECK(mem_remap(moved, 4 * PAGE, PAGE) == moved);
    CHECK(mem_remap(moved, PAGE, 3 * PAGE) == moved); /* in place */
    CHECK(all_are(moved, PAGE, 1) && all_are(moved + PAGE, 2 * PAGE, 0));
    errno = 0;
    CHECK(!mem_remap(moved, 9 * PAGE, PAGE) && errno == EINVAL);
    CHECK(!mem_remap(moved, 3 * PAGE, heap_limit) && errno == ENOMEM);
    CHECK(all_are(moved, PAGE, 1));
}

static void gives_mappings_back_at_once(void)
{
    unsigned char *a = mem_map(MIB), *b = mem_map(MIB);

    memset(a, 1, MIB);
    memset(b, 2, MIB);
    CHECK(pages_in(b, 2 * MIB) == 2 * MIB / PAGE);
    CHECK(mem_unmap(a, MIB) == 0);
    CHECK(pages_in(a, MIB) == 0);
    CHECK(all_are(b, MIB, 2));
}

static void discards_pages_but_keeps_them(void)
{
    unsigned char *a = mem_map(7 * PAGE);
    struct mem_range ranges[] = {{a + PAGE, 2 * PAGE}, {a + 5 * PAGE, PAGE}};

    for (size_t n = 1; n <= 2; n++) {
        memset(a, 1, 7 * PAGE);
        errno = 7;
        mem_discard(ranges, n);
        CHECK(errno == 7);
        CHECK(pages_in(a, 7 * PAGE) == 6 - n);
        CHECK(all_are(a, PAGE, 1) && all_are(a + 3 * PAGE, 2 * PAGE, 1) &&
              all_are(a + 6 * PAGE, PAGE, 1));
        memset(a + PAGE, 2, 2 * PAGE);
        CHECK(pages_in(a + PAGE, 2 * PAGE) == 2 &&
              all_are(a + PAGE, 2 * PAGE, 2));
    }
    CHECK(mem_unmap(a, 7 * PAGE) == 0);
}

static void denies_and_allows_pages(void)
{
    unsigned char *a = mem_map(4 * PAGE);

    memset(a, 1, 4 * PAGE);
    errno = 7;
    CHECK(mem_deny(a + PAGE, 2 * PAGE));
    CHECK(killed_by_writing(a + PAGE) && killed_by_writing(a + 3 * PAGE - 1));
    CHECK(all_are(a, PAGE, 1) && all_are(a + 3 * PAGE, PAGE, 1));
    CHECK(pages_in(a, 4 * PAGE) == 2);
    CHECK(mem_allow(a + PAGE, 2 * PAGE) && all_are(a + PAGE, 2 * PAGE, 0));
    CHECK(errno == 7 && mem_unmap(a, 4 * PAGE) == 0);
}

static void unmaps_in_parts(void)
{
    unsigned char *a = mem_map(5 * PAGE);

    memset(a, 1, 5 * PAGE);
    CHECK(mem_unmap(a + PAGE, PAGE + 1) == 0);
    CHECK(all_are(a, PAGE, 1) && all_are(a + 3 * PAGE, 2 * PAGE, 1));
    CHECK(unmap_fails(a, 5 * PAGE) && unmap_fails(a + 2 * PAGE, PAGE));
    CHECK(mem_map(2 * PAGE) == a + PAGE);
    CHECK(all_are(a + PAGE, 2 * PAGE, 0));
    CHECK(mem_unmap(a, 5 * PAGE) == 0);
}

static void refuses_wrong_maps(void)
{
    CHECK(map_fails(0, EINVAL));
    CHECK(map_fails(heap_limit + 1, ENOMEM));
    CHECK(map_fails(PTRDIFF_MAX, ENOMEM));
    CHECK(map_fails((size_t)PTRDIFF_MAX + 1, ENOMEM));
    CHECK(map_fails(SIZE_MAX - PAGE, ENOMEM));
    CHECK(map_fails(SIZE_MAX, ENOMEM));
}

static void refuses_wrong_unmaps(void)
{
    CHECK(unmap_fails(NULL, PAGE));
    mem_sbrk(3 * PAGE);
    unsigned char *a = mem_map(2 * PAGE);
    memset(a, 1, 2 * PAGE);
    CHECK(unmap_fails(a, 0));
    CHECK(unmap_fails(a + 16, PAGE));
    CHECK(unmap_fails(a, 3 * PAGE) && unmap_fails(a - PAGE, 2 * PAGE));
    CHECK(unmap_fails(a, SIZE_MAX) && unmap_fails(a, SIZE_MAX - 2 * PAGE));
    CHECK(unmap_fails(a, (size_t)PTRDIFF_MAX + 1));
    CHECK(unmap_fails(lo(), PAGE) && unmap_fails(lo() - PAGE, PAGE));
    CHECK(unmap_fails(top(), PAGE) && unmap_fails(NULL, PAGE));
    CHECK(all_are(a, 2 * PAGE, 1));
    CHECK(mem_unmap(a, 2 * PAGE) == 0 && unmap_fails(a, 2 * PAGE));
}

/* The break and the mappings meet at a guard, which neither steps over. */
static void heap_and_mappings_share_the_region(void)
{
    mem_sbrk(5 * MIB + 1);
    unsigned char *map = mem_map(9 * MIB);

    CHECK(map == top() - 9 * MIB);
    CHECK(map_fails(2 * MIB, ENOMEM));
    CHECK(sbrk_fails(2 * MIB - GUARD, ENOMEM));
    CHECK(mem_sbrk(2 * MIB - GUARD - 1) == lo() + 5 * MIB + 1);
    CHECK(sbrk_fails(1, ENOMEM) && map_fails(1, ENOMEM));
    memset(lo(), 1, 7 * MIB - GUARD);
    CHECK(all_are(map, 9 * MIB, 0));
}

static void the_heap_grows_where_mappings_were(void)
{
    mem_sbrk(100);
    unsigned char *map = mem_map(12 * MIB), *low = mem_map(PAGE);

    memset(map, 1, 12 * MIB);
    CHECK(mem_unmap(map, 12 * MIB) == 0);
    CHECK(sbrk_fails(10 * MIB, ENOMEM));
    CHECK(mem_unmap(low, PAGE) == 0);
    CHECK(mem_sbrk(16 * MIB - 100) == lo() + 100);
    CHECK(all_are(lo(), 16 * MIB, 0));
}

static void mappings_lie_where_the_heap_was(void)
{
    unsigned char *first = mem_sbrk(10 * MIB + 5);

    memset(first, 1, 10 * MIB + 5);
    mem_sbrk(-(10 * MIB - 100000));
    mem_sbrk(-100000);
    size_t low = PAGE + GUARD, size = 16 * MIB - low;
    CHECK(map_fails(size + PAGE, ENOMEM));
    CHECK(mem_map(size) == lo() + low);
    CHECK(all_are(lo() + low, size, 0));
    CHECK(all_are(lo(), 5, 1));
    CHECK(map_fails(1, ENOMEM));
    CHECK(mem_sbrk(PAGE - 5) == lo() + 5);
    CHECK(all_are(lo() + 5, PAGE - 5, 0));
}

static void mappings_open_as_little_as_they_must(void)
{
    mem_sbrk(0);
    limit_data(20 * PAGE);
    unsigned char *map = mem_map(10 * PAGE);

    CHECK(map == top() - 10 * PAGE);
    memset(map, 1, 10 * PAGE);
    CHECK(map_fails(30 * PAGE, ENOMEM));
    CHECK(mem_map(PAGE) == map - PAGE);
    CHECK(all_are(map, 10 * PAGE, 1));
}

/* ---- Mappings against a model: who has which page. ---- */

enum { PAGES = 300 };

static unsigned char owner[PAGES]; /* of the page so far below the top; 0: no */

static unsigned char *page_at(size_t i)
{
    return top() - (i + 1) * PAGE;
}

/* Where the model puts count pages: the first that are free, from the top. */
static size_t place(size_t count)
{
    size_t run = 0, i = 0;

    for (; i < PAGES && run < count; i++)
        run = owner[i] ? 0 : run + 1;
    return run == count ? i - 1 : PAGES;
}

static void model_map(size_t count, unsigned char who)
{
    size_t last = place(count);

    if (last == PAGES)
        return;
    unsigned char *map = mem_map(count * PAGE - below(PAGE));
    CHECK(map == page_at(last));
    CHECK(all_are(map, count * PAGE, 0));
    memset(map, who, count * PAGE);
    memset(owner + last + 1 - count, who, count);
}

static void model_unmap(size_t last, size_t count)
{
    bool possible = count <= last + 1;

    for (size_t i = last + 1; possible && i > last + 1 - count; i--)
        possible = owner[i - 1] != 0;
    CHECK((mem_unmap(page_at(last), count * PAGE) == 0) ==
          (possible && count > 0));
    if (possible)
        memset(owner + last + 1 - count, 0, count);
}

static void keeps_its_books(void)
{
    heap_limit = 32 * MIB;
    CHECK(lo());
    for (unsigned i = 0; i < 10000; i++) {
        if (below(2))
            model_map(1 + below(below(20) ? 6 : 150), 1 + i % 255);
        else
            model_unmap(below(PAGES), below(below(20) ? 5 : 200));
        size_t page = below(PAGES);
        if (owner[page])
            CHECK(all_are(page_at(page), PAGE, owner[page]));
    }
    for (size_t i = 0; i < PAGES; i++)
        if (owner[i])
            CHECK(all_are(page_at(i), PAGE, owner[i]));
}

static const struct test tests[] = {
    {"starts-empty", starts_empty},
    {"grows", grows},
    {"shrinks", shrinks},
    {"does-not-shrink-below-its-start", does_not_shrink_below_its_start},
    {"stops-at-the-limit", stops_at_the_limit},
    {"is-open-no-further-than-needed", is_open_no_further_than_needed},
    {"a-little-is-zero-again", a_little_is_zero_again},
    {"a-lot-is-zero-again", a_lot_is_zero_again},
    {"is-zero-after-any-walk", is_zero_after_any_walk},
    {"gives-pages-back", gives_pages_back},
    {"gives-back-what-comes-in-small-steps",
     gives_back_what_comes_in_small_steps},
    {"keeps-a-little-for-the-next", keeps_a_little_for_the_next},
    {"lies-low-where-a-hand-in-needs-it", lies_low_where_a_hand_in_needs_it},
    {"finds-another-low-place", finds_another_low_place},
    {"large-heaps-lie-anywhere", large_heaps_lie_anywhere},
    {"makes-do-with-less", makes_do_with_less},
    {"asks-again-after-a-refusal", asks_again_after_a_refusal},
    {"opens-as-little-as-it-must", opens_as_little_as_it_must},
    {"leaves-errno-where-it-succeeds", leaves_errno_where_it_succeeds},
    {"takes-no-addresses-in-advance", takes_no_addresses_in_advance},
    {"takes-what-address-space-leaves", takes_what_address_space_leaves},
    {"takes-what-data-leaves", takes_what_data_leaves},
    {"opens-little-where-all-is-locked", opens_little_where_all_is_locked},
    {"is-surrounded-by-guards", is_surrounded_by_guards},
    {"steps-over-no-mapping-of-another", steps_over_no_mapping_of_another},
    {"maps-pages-from-the-top", maps_pages_from_the_top},
    {"maps-at-multiples", maps_at_multiples},
    {"remaps", remaps},
    {"gives-mappings-back-at-once", gives_mappings_back_at_once},
    {"discards-pages-but-keeps-them", discards_pages_but_keeps_them},
    {"denies-and-allows-pages", denies_and_allows_pages},
    {"unmaps-in-parts", unmaps_in_parts},
    {"refuses-wrong-maps", refuses_wrong_maps},
    {"refuses-wrong-unmaps", refuses_wrong_unmaps},
    {"heap-and-mappings-share-the-region", heap_and_mappings_share_the_region},
    {"the-heap-grows-where-mappings-were", the_heap_grows_where_mappings_were},
    {"mappings-lie-where-the-heap-was", mappings_lie_where_the_heap_was},
    {"mappings-open-as-little-as-they-must",
     mappings_open_as_little_as_they_must},
    {"keeps-its-books", keeps_its_books},
};

int main(int argc, char **argv)
{
    return check_run(tests, sizeof tests / sizeof *tests, argc, argv);
}
