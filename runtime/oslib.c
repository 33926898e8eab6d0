/*
 * oslib.c - memlib.h over the operating system.
 *
 * The heap of a process is one region of address space, reserved on first use
 * and never moved. So mem_sbrk can extend the heap whatever else the process
 * maps, and wherever it moves the real break; and mappings lie above the heap,
 * the first the uppermost, as memlib.h demands. The region is reserved without
 * access and opened from both ends in steps.
 *
 *   base      brk      dirty     open           floor                 base + span
 *    | the heap | given  | zero    |  no access   | mappings, and free |
 *    |          | back   |         |              | pages between them |
 *    +----------+--------+---------+--------------+--------------------+
 *
 * Memory that the heap gives back stays with the process, and is cleared when
 * the heap grows into it again. If it is MIN_PURGE bytes or more, its pages
 * go back to the kernel, and are zero when they are touched again. The pages of
 * a mapping go back at once.
 *
 *   I1  base <= brk <= dirty <= open <= floor <= base + span.
 *   I2  [dirty, open) is zero, and so is every open page that is not mapped.
 *   I3  No page below floor is mapped.
 *
 * No lock: the caller holds one (preload.c).
 */
#define _GNU_SOURCE
#include "memlib.h"
#include "page_map.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * Bytes of address space. If the system refuses that many (ulimit -v), half
 * is tried, then half of that. A region of at most LOW_LIMIT lies below 2 GiB,
 * as the lab's heap does, for allocators that keep pointers in four bytes.
 */
#ifndef HEAP_LIMIT
#if SIZE_MAX > UINT32_MAX
#define HEAP_LIMIT ((size_t)1 << 37)
#else
#define HEAP_LIMIT ((size_t)1 << 30)
#endif
#endif

#define REFUSED ((void *)-1)

enum {
    MIN_SPAN = 1 << 24,
    LOW_LIMIT = 1 << 30,
    LOW_FIRST = 1 << 28, /* above executables that lie at fixed addresses */
    LOW_STEP = 1 << 26,
    MIN_OPEN = 1 << 18,  /* bytes that are opened in advance, at least, */
    OPEN_SHARE = 16,     /* or a 16th of the heap */
    MIN_PURGE = 1 << 18, /* bytes that are worth a call of the kernel */
};

/* So that the kernel takes an array of either. */
_Static_assert(sizeof(struct mem_range) == sizeof(struct iovec) &&
                   offsetof(struct mem_range, size) ==
                       offsetof(struct iovec, iov_len),
               "a range is an iovec");

static struct {
    char *base, *brk, *dirty, *open, *floor;
    size_t span;
    struct page_map mapped; /* of the region */
    size_t page;            /* bytes; the system's page size */
    unsigned page_bits;     /* its logarithm */
} heap;

/* ---- Pages. ---- */

size_t mem_pagesize(void)
{
    if (heap.page == 0) {
        heap.page = (size_t)sysconf(_SC_PAGESIZE);
        heap.page_bits = (unsigned)__builtin_ctzl(heap.page);
    }
    return heap.page;
}

static char *page_ceil(char *p)
{
    return (char *)(((uintptr_t)p + heap.page - 1) & -(uintptr_t)heap.page);
}

/* size in pages, rounded up. */
static size_t pages_of(size_t size)
{
    return (size >> heap.page_bits) + ((size & (heap.page - 1)) != 0);
}

/* ---- The region. ---- */

/* Reserve size bytes at where, or anywhere for 0; NULL if refused. */
static void *reserve_at(uintptr_t where, size_t size)
{
    int fixed = where ? MAP_FIXED_NOREPLACE : 0;
    void *area =
        mmap((void *)where, size, PROT_NONE,
             MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | fixed, -1, 0);

    return area == MAP_FAILED ? NULL : area;
}

static void *reserve_low(size_t size)
{
    void *area = NULL;

    for (uintptr_t at = LOW_FIRST; !area && at + size <= 1u << 31;
         at += LOW_STEP)
        area = reserve_at(at, size);
    return area;
}

static bool reserve_region(void)
{
    int error = errno;
    size_t size = HEAP_LIMIT;

    for (; size >= MIN_SPAN && !heap.base; size /= 2) {
        if (size <= LOW_LIMIT)
            heap.base = reserve_low(size);
        if (!heap.base)
            heap.base = reserve_at(0, size);
        heap.span = size;
    }
    if (!heap.base || !page_map_init(&heap.mapped, heap.span / mem_pagesize()))
        return false;
    heap.brk = heap.dirty = heap.open = heap.base;
    heap.floor = heap.base + heap.span;
    errno = error;
    return true;
}

/* Reserve the region unless that is done; false if the system refuses. */
static bool ensure_region(void)
{
    return heap.floor || reserve_region();
}

static bool allow_access(char *from, char *to)
{
    return mprotect(from, (size_t)(to - from), PROT_READ | PROT_WRITE) == 0;
}

/* The bytes to open in advance if size bytes are in use. */
static size_t open_ahead(size_t size)
{
    size_t share = size / OPEN_SHARE & -heap.page;

    return share > MIN_OPEN ? share : MIN_OPEN;
}

/* Open the heap up to end, and some more in advance. False: refused. */
static bool open_to(char *end)
{
    size_t more = open_ahead((size_t)(end - heap.base));

    if (end <= heap.open)
        return true;
    end = page_ceil(end);
    char *wide = more < (size_t)(heap.floor - end) ? end + more : heap.floor;
    if (!allow_access(heap.open, wide)) {
        wide = end;
        if (!allow_access(heap.open, wide))
            return false;
    }
    heap.open = wide;
    return true;
}

/* Close the heap's open pages above the break, for mappings to use. */
static void close_above_break(void)
{
    memset(heap.brk, 0, (size_t)(heap.dirty - heap.brk));
    heap.dirty = heap.brk;
    heap.open = page_ceil(heap.brk);
}

/* Open the mappings' end of the region from start on. False: refused. */
static bool open_from(char *start)
{
    size_t more = open_ahead((size_t)(heap.base + heap.span - start));

    if (start >= heap.floor)
        return true;
    if (start < heap.open)
        close_above_break();
    if (start < heap.open)
        return false;
    char *wide = more < (size_t)(start - heap.open) ? start - more : heap.open;
    if (!allow_access(wide, heap.floor)) {
        wide = start;
        if (!allow_access(wide, heap.floor))
            return false;
    }
    heap.floor = wide;
    return true;
}

/* ---- The break. ---- */

/* Raise the floor where end is above it; whether end is not above it then. */
static bool floor_allows(char *end)
{
    size_t page = (size_t)(heap.floor - heap.base) >> heap.page_bits;

    if (end > heap.floor)
        heap.floor =
            heap.base + (page_map_lowest(&heap.mapped, page) << heap.page_bits);
    return end <= heap.floor;
}

static bool raise_break(size_t size)
{
    if (size > (size_t)(heap.base + heap.span - heap.brk))
        return false;
    char *end = heap.brk + size;
    if (!floor_allows(end) || !open_to(end))
        return false;
    if (heap.brk < heap.dirty)
        memset(heap.brk, 0,
               (size_t)((end < heap.dirty ? end : heap.dirty) - heap.brk));
    heap.brk = end;
    if (heap.dirty < end)
        heap.dirty = end;
    return true;
}

static void lower_break(size_t size)
{
    heap.brk -= size;
    char *first = page_ceil(heap.brk), *end = page_ceil(heap.dirty);
    if (end - first < MIN_PURGE)
        return;
    if (madvise(first, (size_t)(end - first), MADV_DONTNEED) == 0)
        heap.dirty = first;
}

static void *fail(int error)
{
    errno = error;
    return REFUSED;
}

void *mem_sbrk(intptr_t increment)
{
    if (!ensure_region())
        return fail(ENOMEM);
    char *before = heap.brk;
    if (increment >= 0)
        return raise_break((size_t)increment) ? before : fail(ENOMEM);
    if (-(uintptr_t)increment > (uintptr_t)(heap.brk - heap.base))
        return fail(EINVAL);
    lower_break(-(size_t)increment);
    return before;
}

void *mem_heap_lo(void)
{
    return ensure_region() ? heap.base : NULL;
}

void *mem_heap_hi(void)
{
    return (char *)mem_heap_lo() + mem_heapsize() - 1;
}

size_t mem_heapsize(void)
{
    return (size_t)(heap.brk - heap.base);
}

/* A hand-in may begin its heap itself, in mm_init: the process owns it. */
void mem_init(void)
{
}

void mem_deinit(void)
{
    lower_break(mem_heapsize());
}

void mem_reset_brk(void)
{
    mem_deinit();
}

/* ---- Mappings. ---- */

void *mem_map(size_t size)
{
    size_t page;

    if (size == 0) {
        errno = EINVAL;
        return NULL;
    }
    if (!ensure_region() ||
        !page_map_take(&heap.mapped, pages_of(size), 0, &page)) {
        errno = ENOMEM;
        return NULL;
    }
    char *start = heap.base + (page << heap.page_bits);
    if (!open_from(start)) {
        page_map_give(&heap.mapped, page, pages_of(size));
        errno = ENOMEM;
        return NULL;
    }
    return start;
}

int mem_unmap(void *ptr, size_t size)
{
    uintptr_t at = (uintptr_t)ptr - (uintptr_t)heap.base;

    if (size == 0 || (at & (heap.page - 1)) != 0 || at >= heap.span ||
        size > heap.span - at ||
        !page_map_give(&heap.mapped, at >> heap.page_bits, pages_of(size))) {
        errno = EINVAL;
        return -1;
    }
    size_t bytes = pages_of(size) << heap.page_bits;
    if (madvise(ptr, bytes, MADV_DONTNEED) != 0)
        memset(ptr, 0, bytes);
    return 0;
}

/*
 * process_madvise, of this process: since Linux 6.15. Then the kernel flushes
 * the processor's address translations once for all ranges; madvise flushes
 * each page of a small range alone. In a virtual machine that takes up to 40
 * times as long.
 */
static bool discard_together(const struct mem_range *ranges, size_t count)
{
    enum { SELF = -10000 }; /* PIDFD_SELF_THREAD */
    size_t size = 0;

    for (size_t i = 0; i < count; i++)
        size += ranges[i].size;
    return syscall(SYS_process_madvise, SELF, ranges, count, MADV_DONTNEED,
                   0) == (long)size;
}

/* errno stays as it was, because a program's free may lead here. */
void mem_discard(const struct mem_range *ranges, size_t count)
{
    int error = errno;

    if (count == 1 || !discard_together(ranges, count))
        for (size_t i = 0; i < count; i++)
            madvise(ranges[i].start, ranges[i].size, MADV_DONTNEED);
    errno = error;
}

/* mprotect, but errno stays as it was. */
static bool set_access(void *ptr, size_t size, int access)
{
    int error = errno;
    bool done = mprotect(ptr, size, access) == 0;

    errno = error;
    return done;
}

/* Pages that are dropped and cannot be accessed are zero when they can. */
bool mem_deny(void *ptr, size_t size)
{
    return set_access(ptr, size, PROT_NONE) &&
           (madvise(ptr, size, MADV_DONTNEED) == 0 ||
            !set_access(ptr, size, PROT_READ | PROT_WRITE));
}

bool mem_allow(void *ptr, size_t size)
{
    return set_access(ptr, size, PROT_READ | PROT_WRITE);
}
