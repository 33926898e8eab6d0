/*
 * memlib.c - a heap and mappings simulated inside one region of memory.
 *
 * The region is reserved whole and never moves. The account (memlib.h), which
 * the worker shares with the judge, has the break and the sizes; a page map has
 * the mappings. Offsets are bytes from the region's start.
 *
 *   I1  The heap is [0, account->brk), and brk <= every mapped page's offset.
 *   I2  account->mapped is the number of mapped pages * the page size.
 *   I3  brk + mapped <= limit.
 *   I4  Every byte that is neither heap nor mapped is zero, unless the
 *       allocator wrote outside of both: memory that is given back is cleared,
 *       as the kernel clears pages.
 *   I5  While guarded, no page of [brk, map_floor) can be accessed, except the
 *       page that the break lies in.
 *   I6  While poisoned, no byte from the break to the end of its page can be
 *       accessed by code that has the address sanitizer.
 */
#define _GNU_SOURCE
#include "memlib.h"
#include "page_map.h"

#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#if __has_include(<sanitizer/asan_interface.h>)
#include <sanitizer/asan_interface.h> /* without the sanitizer: nothing */
#else
#define ASAN_POISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#define ASAN_UNPOISON_MEMORY_REGION(at, size) ((void)(at), (void)(size))
#endif

enum {
    /* Bytes from which on only resident pages are cleared: to ask costs a call
       of the system. */
    LOOK_SIZE = 64 * 1024,
    MINCORE_PAGES = 512, /* pages that one call of mincore looks at */
};

static struct {
    unsigned char *base;
    struct mem_account *account;
    void (*drain)(void);
    struct page_map mapped; /* of the region */
    size_t page;            /* bytes; the system's page size */
    unsigned page_bits;     /* its logarithm */
    bool can_drop;          /* madvise clears the region's pages */
    bool guarded;           /* I5 */
    bool poisoned;          /* I6 */
    size_t limit;           /* bytes, for mem_init */
    size_t span;            /* bytes that mem_init reserved; else 0 */
} heap = {.limit = MEM_DEFAULT_LIMIT};

static struct mem_account own_account;

/* ---- Pages. ---- */

static size_t page_floor(size_t size)
{
    return size & -heap.page;
}

static size_t page_ceil(size_t size)
{
    return page_floor(size + heap.page - 1);
}

static size_t pages_in(size_t size)
{
    return size >> heap.page_bits;
}

static size_t page_start(size_t page)
{
    return page << heap.page_bits;
}

size_t mem_pagesize(void)
{
    if (heap.page == 0) {
        heap.page = (size_t)sysconf(_SC_PAGESIZE);
        heap.page_bits = (unsigned)__builtin_ctzl(heap.page);
    }
    return heap.page;
}

/* ---- The guard. ---- */

/* Let whole pages be accessed, or not. Where the kernel refuses, the guard
 * ends: it has a limit of regions. */
static void set_access(size_t at, size_t end, int access)
{
    if (at < end && mprotect(heap.base + at, end - at, access) != 0)
        heap.guarded = false;
}

/* The pages of [at, end) become part of the heap, or of a mapping. */
static void open_pages(size_t at, size_t end)
{
    if (heap.guarded)
        set_access(at, end, PROT_READ | PROT_WRITE);
}

void mem_guard(bool on)
{
    struct mem_account *a = heap.account;
    bool was = heap.guarded;

    heap.guarded = on;
    if (on != was)
        set_access(page_ceil(a->brk), a->map_floor,
                   on ? PROT_NONE : PROT_READ | PROT_WRITE);
}

bool mem_is_guarded(void)
{
    return heap.guarded;
}

bool mem_guard_hit(const void *address)
{
    size_t at = (size_t)((const unsigned char *)address - heap.base);

    if (!heap.guarded || at < page_ceil(heap.account->brk) ||
        at >= heap.account->map_floor)
        return false;
    mem_guard(false);
    return true;
}

/* ---- The poison. ---- */

static void poison_tail(void)
{
    size_t brk = heap.account->brk;

    if (heap.poisoned)
        ASAN_POISON_MEMORY_REGION(heap.base + brk, page_ceil(brk) - brk);
}

static void unpoison_tail(void)
{
    size_t brk = heap.account->brk;

    if (heap.poisoned)
        ASAN_UNPOISON_MEMORY_REGION(heap.base + brk, page_ceil(brk) - brk);
}

void mem_poison(bool on)
{
    unpoison_tail();
    heap.poisoned = on;
    poison_tail();
}

static void set_break(size_t brk)
{
    unpoison_tail();
    heap.account->brk = brk;
    poison_tail();
}

/* ---- Events and accounting. ---- */

/* Append an event; where the buffer stays full, it is dropped. */
static void record_event(enum mem_event_kind kind, size_t at, size_t size)
{
    struct mem_account *a = heap.account;

    if (a->event_count >= MEM_EVENTS && heap.drain)
        heap.drain();
    if (a->event_count >= MEM_EVENTS)
        return;
    a->events[a->event_count++] = (struct mem_event){
        .step = a->step, .kind = kind, .at = at, .size = size};
}

static void raise_peaks(void)
{
    struct mem_account *a = heap.account;

    if (a->brk + a->mapped > a->footprint)
        a->footprint = a->brk + a->mapped;
    if (a->brk > a->heap_top)
        a->heap_top = a->brk;
}

/* Count and record a request that is refused; answer, and ENOMEM. */
static void *refuse(size_t size, void *answer)
{
    heap.account->refused++;
    record_event(MEM_REFUSED, heap.account->brk, size);
    errno = ENOMEM;
    return answer;
}

/* Count a request for memory. False: it has to fail, or exceeds the limit. */
static bool request_allowed(size_t size)
{
    struct mem_account *a = heap.account;

    a->requests++;
    return a->requests != a->fail_at && size <= a->limit - a->brk - a->mapped;
}

static bool advise_drop(size_t at, size_t size)
{
    int advice = heap.span ? MADV_DONTNEED : MADV_REMOVE; /* private, shared */

    return madvise(heap.base + at, size, advice) == 0;
}

/*
 * Whether a page that is dropped is zero. An emulated system may ignore the
 * advice and report success (qemu-user 7.2 does so for MADV_REMOVE).
 */
static bool dropping_clears(void)
{
    volatile unsigned char *first = heap.base;

    if (heap.account->limit == 0)
        return false;
    *first = 1;
    bool clears = advise_drop(0, heap.page) && *first == 0;
    *first = 0;
    return clears;
}

/* Give whole pages back to the kernel; they are zero when touched again. */
static void drop_pages(size_t at, size_t size)
{
    if (!heap.can_drop || !advise_drop(at, size))
        memset(heap.base + at, 0, size);
}

/* Zero the stretch of whole pages: in place where they are resident. */
static void clear_stretch(size_t at, size_t end, bool resident)
{
    heap.account->cleared += end - at;
    if (resident)
        memset(heap.base + at, 0, end - at);
    else
        drop_pages(at, end - at);
}

/*
 * clear_pages for at most MINCORE_PAGES pages. The kernel is asked where pages
 * are the smallest: an emulator of larger ones answers for its own.
 */
static void clear_chunk(size_t at, size_t end)
{
    unsigned char seen[MINCORE_PAGES];
    bool known =
        heap.page == MEM_UNIT && mincore(heap.base + at, end - at, seen) == 0;

    for (size_t start = at, next; start < end; start = next) {
        bool resident = known && (seen[pages_in(start - at)] & 1);

        next = start + heap.page;
        while (next < end &&
               resident == (known && (seen[pages_in(next - at)] & 1)))
            next += heap.page;
        clear_stretch(start, next, resident);
    }
}

/*
 * Zero the whole pages of [at, end). Resident pages are cleared in place: so
 * the next use has no page fault, and a free page costs its clearing, as it
 * does in the kernel.
 */
static void clear_pages(size_t at, size_t end)
{
    size_t chunk = MINCORE_PAGES * heap.page;

    for (size_t next; at < end; at = next) {
        next = end - at < chunk ? end : at + chunk;
        clear_chunk(at, next);
    }
}

/* Make [at, at + size) zero again (I4). */
static void clear(size_t at, size_t size)
{
    size_t start = page_ceil(at), end = page_floor(at + size);

    if (size < LOOK_SIZE || end <= start) {
        memset(heap.base + at, 0, size);
        return;
    }
    memset(heap.base + at, 0, start - at);
    memset(heap.base + end, 0, at + size - end);
    clear_pages(start, end);
}

/* ---- Mapped pages. ---- */

/* Take the highest run of count free pages above the heap. */
static bool take_run(size_t count, size_t align, size_t *first)
{
    size_t floor = pages_in(page_ceil(heap.account->brk));

    return page_map_take_aligned(
        &heap.mapped, count,
        page_map_alignment(heap.base, pages_in(align), heap.page_bits), floor,
        first);
}

/* Offset of the lowest mapping; by map_floor no page below it is mapped. */
static size_t lowest_mapping(void)
{
    size_t floor = pages_in(heap.account->map_floor);

    return page_start(page_map_lowest(&heap.mapped, floor));
}

/* ---- For allocators. ---- */

/* mem_sbrk(-by). */
static void *shrink_break(size_t by)
{
    struct mem_account *a = heap.account;

    if (by > a->brk) {
        errno = EINVAL;
        return (void *)-1;
    }
    void *old = heap.base + a->brk;
    clear(a->brk - by, by);
    set_break(a->brk - by);
    if (heap.guarded)
        set_access(page_ceil(a->brk), page_ceil(a->brk + by), PROT_NONE);
    record_event(MEM_BRK, a->brk, by);
    return old;
}

void *mem_sbrk(intptr_t increment)
{
    struct mem_account *a = heap.account;
    void *old = heap.base + a->brk;

    if (increment < 0)
        return shrink_break(-(size_t)increment);
    if (increment == 0)
        return old;
    if (!request_allowed((size_t)increment))
        return refuse((size_t)increment, (void *)-1);
    if (a->brk + (size_t)increment > a->map_floor &&
        a->brk + (size_t)increment > lowest_mapping())
        return refuse((size_t)increment, (void *)-1);
    open_pages(page_ceil(a->brk), page_ceil(a->brk + (size_t)increment));
    set_break(a->brk + (size_t)increment);
    raise_peaks();
    record_event(MEM_BRK, a->brk, (size_t)increment);
    return old;
}

void *mem_heap_lo(void)
{
    return heap.base;
}

void *mem_heap_hi(void)
{
    return heap.base + heap.account->brk - 1;
}

size_t mem_heapsize(void)
{
    return heap.account->brk;
}

/* The pages [at, at + bytes) are mapped now. */
static void *mapped_at(size_t at, size_t bytes)
{
    struct mem_account *a = heap.account;

    a->mapped += bytes;
    if (at < a->map_floor) {
        open_pages(at, a->map_floor);
        a->map_floor = at;
    }
    raise_peaks();
    record_event(MEM_MAP, at, bytes);
    return heap.base + at;
}

void *mem_map_aligned(size_t align, size_t size)
{
    size_t bytes = page_ceil(size), first;

    if (size == 0 || align == 0 || (align & (align - 1)) != 0) {
        errno = EINVAL;
        return NULL;
    }
    if (bytes < size || !request_allowed(bytes) ||
        !take_run(pages_in(bytes), align, &first))
        return refuse(size, NULL);
    return mapped_at(page_start(first), bytes);
}

void *mem_map(size_t size)
{
    return mem_map_aligned(1, size);
}

/* Is [at, at + size), which begins and ends at page boundaries, mapped? */
static bool is_mapped(size_t at, size_t size)
{
    return page_floor(at) == at &&
           page_map_all(&heap.mapped, pages_in(at), pages_in(size), true);
}

/* The pages [at, at + size) are not mapped any more. */
static void unmapped_at(size_t at, size_t size)
{
    heap.account->mapped -= size;
    record_event(MEM_UNMAP, at, size);
}

int mem_unmap(void *ptr, size_t size)
{
    size_t at = (size_t)((unsigned char *)ptr - heap.base);
    size_t bytes = page_ceil(size);

    if (size == 0 || bytes < size || !is_mapped(at, bytes)) {
        errno = EINVAL;
        return -1;
    }
    page_map_give(&heap.mapped, pages_in(at), pages_in(bytes));
    unmapped_at(at, bytes);
    clear(at, bytes);
    return 0;
}

/*
 * Move the contents of [at, at + size) to `to`, and clear what they leave. The
 * two may overlap.
 */
static void move_contents(size_t at, size_t to, size_t size)
{
    size_t start = at, end = at + size;

    memmove(heap.base + to, heap.base + at, size);
    if (to < at && to + size > at)
        start = to + size;
    if (to > at && to < end)
        end = to;
    clear(start, end - start);
}

/* mem_remap to more bytes, at another place. */
static void *move_mapping(size_t at, size_t old, size_t bytes)
{
    size_t first;

    page_map_give(&heap.mapped, pages_in(at), pages_in(old));
    if (!take_run(pages_in(bytes), 1, &first)) {
        page_map_take_at(&heap.mapped, pages_in(at), pages_in(old));
        return refuse(bytes, NULL);
    }
    unmapped_at(at, old);
    void *new = mapped_at(page_start(first), bytes);
    move_contents(at, page_start(first), old);
    return new;
}

void *mem_remap(void *ptr, size_t old_size, size_t new_size)
{
    size_t at = (size_t)((unsigned char *)ptr - heap.base);
    size_t old = page_ceil(old_size), bytes = page_ceil(new_size);

    if (old_size == 0 || new_size == 0 || old < old_size ||
        !is_mapped(at, old)) {
        errno = EINVAL;
        return NULL;
    }
    if (bytes < new_size)
        return refuse(new_size, NULL);
    if (bytes < old)
        mem_unmap((char *)ptr + bytes, old - bytes);
    if (bytes <= old)
        return ptr;
    if (!request_allowed(bytes - old))
        return refuse(new_size, NULL);
    if (page_map_take_at(&heap.mapped, pages_in(at + old),
                         pages_in(bytes - old))) {
        mapped_at(at + old, bytes - old);
        return ptr;
    }
    return move_mapping(at, old, bytes);
}

/* The simulated system keeps the pages: undefined contents may be the old. */
void mem_discard(const struct mem_range *ranges, size_t count)
{
    (void)ranges;
    (void)count;
}

/* The judge reads all pages, so none is closed. */
bool mem_deny(void *ptr, size_t size)
{
    (void)ptr;
    (void)size;
    return false;
}

bool mem_allow(void *ptr, size_t size)
{
    return mem_deny(ptr, size);
}

/* ---- For the program that runs the heap. ---- */

void *mem_preferred_base(size_t limit)
{
    const size_t low = (size_t)1 << 28;

    if (limit <= ((size_t)1 << 31) - low)
        return (void *)low;
#if SIZE_MAX > UINT32_MAX
    return (void *)((size_t)1 << 45);
#else
    return (void *)low;
#endif
}

/* The account and the page map of an empty heap, within the same limit. */
static void reset_account(void)
{
    struct mem_account *a = heap.account;

    if (a->map_floor != a->limit) /* there were mappings */
        page_map_clear(&heap.mapped);
    set_break(0);
    a->mapped = a->footprint = a->heap_top = 0;
    a->requests = a->refused = 0;
    a->map_floor = a->limit;
    a->step = a->event_count = 0;
}

void mem_attach(void *base, struct mem_account *account, void (*drain)(void))
{
    page_map_release(&heap.mapped);
    heap.base = base;
    heap.account = account;
    heap.drain = drain;
    account->limit &= -(uint64_t)mem_pagesize();
    heap.can_drop = dropping_clears();
    if (page_map_init(&heap.mapped, pages_in(account->limit)))
        reset_account();
}

void mem_set_limit(size_t limit)
{
    heap.limit = limit;
}

/* Does another program run the heap? Then it stays where it is. */
static bool is_hosted(void)
{
    return heap.account && heap.account != &own_account;
}

static void reserve_own(void)
{
    size_t page = mem_pagesize(), span = (heap.limit + page - 1) & -page;
    int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    void *base = mmap(mem_preferred_base(span), span, PROT_READ | PROT_WRITE,
                      flags | MAP_FIXED_NOREPLACE, -1, 0);

    if (base == MAP_FAILED)
        base = mmap(NULL, span, PROT_READ | PROT_WRITE, flags, -1, 0);
    if (base == MAP_FAILED) {
        static const char text[] = "memlib: no address space for the heap\n";
        if (write(STDERR_FILENO, text, sizeof text - 1) < 0)
            _exit(2);
        _exit(2);
    }
    heap.span = span;
    own_account = (struct mem_account){.limit = span};
    mem_attach(base, &own_account, NULL);
}

void mem_init(void)
{
    if (!is_hosted())
        reserve_own();
}

void mem_deinit(void)
{
    if (is_hosted()) {
        shrink_break(heap.account->brk);
        return;
    }
    if (heap.span)
        munmap(heap.base, heap.span);
    page_map_release(&heap.mapped);
    heap.span = 0;
    heap.base = NULL;
    heap.account = NULL;
}

void mem_reset_brk(void)
{
    struct mem_account *a = heap.account;

    unpoison_tail();
    clear_pages(0, page_ceil(a->heap_top));
    clear_pages(a->map_floor, a->limit);
    reset_account();
}

size_t mem_footprint(void)
{
    return heap.account->brk + heap.account->mapped;
}

size_t mem_peak_footprint(void)
{
    return heap.account->footprint;
}

void mem_fail_request(uint64_t n)
{
    heap.account->fail_at = n == 0 ? 0 : heap.account->requests + n;
}
