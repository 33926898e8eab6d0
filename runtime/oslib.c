/*
 * oslib.c - memlib.h over the operating system.
 *
 * The heap of a process and its mappings lie in one region of address space,
 * whose place is chosen at the first use and never moves. Nothing is mapped
 * there in advance: memory is mapped from both ends in steps, as it is needed.
 * So a process has the size that it uses, for limits (ulimit -v), locks
 * (mlockall) and core files.
 *
 *   base      brk      dirty     open           floor                 top
 *    | the heap | given  | zero    |  not mapped  | mappings, and free |
 *    |          | back   |         |   by us      | pages between them |
 *    +----------+--------+---------+--------------+--------------------+
 *
 * The place is one where the kernel maps nothing of its own accord: about the
 * middle of the addresses, far from programs, libraries and stacks. Where
 * another program maps something into the region nevertheless, the heap ends
 * there. Outside of [base, open) and [floor, top) at least GUARD bytes cannot
 * be accessed, and so between the two.
 *
 * Memory that the heap gives back stays with the process, and is cleared when
 * the heap grows into it again. If it is MIN_PURGE bytes or more, the kernel
 * gets its pages and their addresses. The pages of a mapping go back at once,
 * their addresses if they are the lowest.
 *
 *   I1  base <= brk <= dirty <= open <= floor <= top. While a page is mapped,
 *       open + GUARD <= floor.
 *   I2  [dirty, open) is zero, and so is every page from floor on that is not
 *       mapped.
 *   I3  No page below floor is mapped.
 *
 * No lock: the caller holds one (preload.c).
 */
#define _GNU_SOURCE
#include "mapping.h"
#include "memlib.h"
#include "page_map.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

/*
 * Bytes of address space; less where there is no such place, or where a limit
 * of the process, which it cannot raise, makes half of it enough. A region of
 * at most LOW_LIMIT lies below 2 GiB, as the lab's heap does, for allocators
 * that keep pointers in four bytes.
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
    MAX_PLACES = 8,         /* of each size, to look at in the middle */
    MIN_OPEN = 1 << 18,     /* bytes that are opened in advance, at least, */
    OPEN_SHARE = 16,        /* or a 16th of the heap */
    MIN_PURGE = 1 << 18,    /* bytes that are worth a call of the kernel */
    ADDRESSES_OF_DATA = 16, /* closed and free pages have no data */
};

/* So that the kernel takes an array of either. */
_Static_assert(sizeof(struct mem_range) == sizeof(struct iovec) &&
                   offsetof(struct mem_range, size) ==
                       offsetof(struct iovec, iov_len),
               "a range is an iovec");

static struct {
    char *base, *brk, *dirty, *open, *floor, *top;
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

/* Map [from, to), nowhere else. False: refused, or something lies there. */
static bool map_at(char *from, char *to, int access)
{
    size_t size = (size_t)(to - from);
    char *area = mmap(from, size, access,
                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED_NOREPLACE, -1, 0);

    if (area != MAP_FAILED && area != from) /* Linux before 4.17 */
        munmap(area, size);
    return area == from;
}

static bool can_map(char *from, char *to)
{
    bool can = map_at(from, to, PROT_NONE);

    if (can)
        munmap(from, (size_t)(to - from));
    return can;
}

/*
 * Whether nothing lies in [from, to). The kernel looks at that before it looks
 * at limits: where one of them refuses the whole, both ends must be free.
 */
static bool is_free(char *from, char *to)
{
    if (can_map(from, to))
        return true;
    return errno != EEXIST && can_map(from, from + heap.page) &&
           can_map(to - heap.page, to);
}

/* Let the region be there, with guards, if nothing is. */
static bool place_at(uintptr_t base, size_t size)
{
    char *at = (char *)base;

    if (!is_free(at - GUARD, at + size + GUARD))
        return false;
    heap.base = at;
    heap.top = at + size;
    return true;
}

static bool place_low(size_t size)
{
    for (uintptr_t at = LOW_FIRST; at + size <= 1u << 31; at += LOW_STEP)
        if (place_at(at, size))
            return true;
    return false;
}

/*
 * A little above half the address of the stack, which the kernel chooses at
 * random and near the end of all addresses; else below, in steps of a region.
 */
static bool place_in_the_middle(size_t size)
{
    uintptr_t stack = (uintptr_t)__builtin_frame_address(0);
    uintptr_t at = (stack / 2 + stack / 64) & -(uintptr_t)GUARD;

    for (int i = 0; i < MAX_PLACES && at > LOW_FIRST; i++) {
        if (place_at(at, size))
            return true;
        at = at > size ? at - size : 0;
    }
    return false;
}

/* Half of size as long as that is as many times as much as the limit allows. */
static size_t within_limit(int resource, size_t times, size_t size)
{
    struct rlimit limit;

    if (getrlimit(resource, &limit) == 0)
        while (size / 2 >= MIN_SPAN && size / 2 / times >= limit.rlim_max)
            size /= 2;
    return size;
}

/* Whether the system maps anything at all: searching for a place takes long. */
static bool may_map(void)
{
    char *page = mmap(NULL, mem_pagesize(), PROT_NONE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    return page != MAP_FAILED && munmap(page, heap.page) == 0;
}

static bool place_region(void)
{
    int error = errno;
    size_t size = within_limit(RLIMIT_DATA, ADDRESSES_OF_DATA,
                               within_limit(RLIMIT_AS, 1, HEAP_LIMIT));

    if (!may_map())
        return false;
    for (; size >= MIN_SPAN && !heap.base; size /= 2)
        if (size > LOW_LIMIT || !place_low(size))
            place_in_the_middle(size);
    if (!heap.base ||
        !page_map_init(&heap.mapped,
                       (size_t)(heap.top - heap.base) / heap.page))
        return false;
    /* Hardly any of the bits is ever set: no core file needs their pages. */
    madvise(heap.mapped.bits, page_map_bytes(&heap.mapped), MADV_DONTDUMP);
    heap.brk = heap.dirty = heap.open = heap.base;
    heap.floor = heap.top;
    errno = error;
    return true;
}

/* Choose the region's place unless that is done; false if there is none. */
static bool ensure_region(void)
{
    return heap.floor || place_region();
}

static bool allow_access(char *from, char *to)
{
    return map_at(from, to, PROT_READ | PROT_WRITE);
}

/* Give back [from, to), whole pages. False, and it stays: refused. */
static bool release(char *from, char *to)
{
    return from < to && munmap(from, (size_t)(to - from)) == 0;
}

/* The bytes to open in advance if size bytes are in use. */
static size_t open_ahead(size_t size)
{
    size_t share = size / OPEN_SHARE & -heap.page;

    return share > MIN_OPEN ? share : MIN_OPEN;
}

/* The end of what the heap may open, by I1. */
static char *heap_limit_now(void)
{
    return heap.floor < heap.top ? heap.floor - GUARD : heap.top;
}

/* Open the heap up to end, and some more in advance. False: refused. */
static bool open_to(char *end)
{
    size_t more = open_ahead((size_t)(end - heap.base));
    char *most = heap_limit_now();

    if (end <= heap.open)
        return true;
    end = page_ceil(end);
    char *wide = more < (size_t)(most - end) ? end + more : most;
    if (!allow_access(heap.open, wide)) {
        wide = end;
        if (!allow_access(heap.open, wide))
            return false;
    }
    heap.open = wide;
    return true;
}

/* Close the heap's open pages above the break. */
static void close_above_break(void)
{
    char *end = page_ceil(heap.brk);

    if (!release(end, heap.open))
        return;
    heap.open = end;
    heap.dirty = heap.dirty < end ? heap.dirty : end;
}

/* Open the mappings' end of the region from start on. False: refused. */
static bool open_from(char *start)
{
    size_t more = open_ahead((size_t)(heap.top - start));

    if (start >= heap.floor)
        return true;
    if (start - heap.open < GUARD)
        close_above_break();
    if (start - heap.open < GUARD && heap.open > heap.base)
        return false;
    char *most = heap.open > heap.base ? heap.open + GUARD : heap.base;
    char *wide = more < (size_t)(start - most) ? start - more : most;
    if (!allow_access(wide, heap.floor)) {
        wide = start;
        if (!allow_access(wide, heap.floor))
            return false;
    }
    heap.floor = wide;
    return true;
}

/* The same, where need be with what the heap has opened in advance. */
static bool open_from_or_close(char *start)
{
    if (open_from(start))
        return true;
    close_above_break();
    return open_from(start);
}

/* Give back the free pages below the lowest mapping. */
static void raise_floor(void)
{
    size_t page = (size_t)(heap.floor - heap.base) >> heap.page_bits;
    size_t lowest = page_map_lowest(&heap.mapped, page);
    char *floor = heap.base + (lowest << heap.page_bits);

    if (release(heap.floor, floor))
        heap.floor = floor;
}

/* ---- The break. ---- */

static bool raise_break(size_t size)
{
    if (size > (size_t)(heap.top - heap.brk))
        return false;
    char *end = heap.brk + size;
    if (end > heap_limit_now())
        raise_floor();
    if (end > heap_limit_now())
        return false;
    if (!open_to(end)) {
        raise_floor();
        if (!open_to(end))
            return false;
    }
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
    if (page_ceil(heap.dirty) - page_ceil(heap.brk) >= MIN_PURGE)
        close_above_break();
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

void *mem_map_aligned(size_t align, size_t size)
{
    size_t page;

    if (size == 0 || align == 0 || (align & (align - 1)) != 0) {
        errno = EINVAL;
        return NULL;
    }
    if (!ensure_region() ||
        !page_map_take_aligned(&heap.mapped, pages_of(size),
                               page_map_alignment(heap.base,
                                                  align >> heap.page_bits,
                                                  heap.page_bits),
                               0, &page)) {
        errno = ENOMEM;
        return NULL;
    }
    char *start = heap.base + (page << heap.page_bits);
    if (!open_from_or_close(start)) {
        page_map_give(&heap.mapped, page, pages_of(size));
        errno = ENOMEM;
        return NULL;
    }
    return start;
}

void *mem_map(size_t size)
{
    return mem_map_aligned(1, size);
}

int mem_unmap(void *ptr, size_t size)
{
    uintptr_t at = (uintptr_t)ptr - (uintptr_t)heap.base;
    uintptr_t span = (uintptr_t)(heap.top - heap.base);

    if (size == 0 || (at & (heap.page - 1)) != 0 || at >= span ||
        size > span - at ||
        !page_map_give(&heap.mapped, at >> heap.page_bits, pages_of(size))) {
        errno = EINVAL;
        return -1;
    }
    size_t bytes = pages_of(size) << heap.page_bits;
    if (bytes >= MIN_PURGE)
        raise_floor();
    if ((char *)ptr < heap.floor)
        return 0;
    if (madvise(ptr, bytes, MADV_DONTNEED) != 0)
        memset(ptr, 0, bytes);
    return 0;
}

/* Move the pages of [from, from + size) to `to`; zero pages stay behind. */
static void move_pages(void *from, void *to, size_t size)
{
    void *moved = mremap(from, size, size,
                         MREMAP_MAYMOVE | MREMAP_FIXED | MREMAP_DONTUNMAP, to);

    if (moved == MAP_FAILED) /* before Linux 5.7 */
        memcpy(to, from, size);
}

void *mem_remap(void *ptr, size_t old_size, size_t new_size)
{
    uintptr_t at = (uintptr_t)ptr - (uintptr_t)heap.base;
    size_t first = at >> heap.page_bits, old = pages_of(old_size);

    if (old_size == 0 || new_size == 0 || (at & (heap.page - 1)) != 0 ||
        !page_map_all(&heap.mapped, first, old, true)) {
        errno = EINVAL;
        return NULL;
    }
    size_t pages = pages_of(new_size), bytes = old << heap.page_bits;
    if (pages < old)
        mem_unmap((char *)ptr + (pages << heap.page_bits),
                  (old - pages) << heap.page_bits);
    if (pages <= old ||
        page_map_take_at(&heap.mapped, first + old, pages - old))
        return ptr;
    void *new = mem_map(new_size);
    if (new) {
        move_pages(ptr, new, bytes);
        mem_unmap(ptr, bytes);
    }
    return new;
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
