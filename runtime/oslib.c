/*
 * oslib.c - memlib.h over the operating system.
 *
 * The heap of a process is one region of address space, reserved on first use
 * and never moved, so that mem_sbrk adjoins whatever else the process maps,
 * and whoever else moves the real break. The region is reserved without
 * access; it is opened from below in steps that grow with the heap.
 *
 *      base           brk         dirty          open         base + span
 *       |  the heap    | given back |  zero        | no access |
 *       +--------------+------------+--------------+-----------+
 *
 * What is given back is kept for the next who asks, and cleared for him, until
 * it is worth a call of the kernel: then its pages go back, and are zero when
 * they are touched again.
 *
 *   I1  base <= brk <= dirty <= open <= base + span.
 *   I2  [dirty, open) is zero.
 *
 * No lock: whoever calls has one (preload.c), as memlib.h's other side.
 */
#define _GNU_SOURCE
#include "memlib.h"

#include <errno.h>
#include <string.h>
#include <sys/mman.h>

/*
 * Address space only. Where it is not to be had (ulimit -v), half is tried,
 * and half of that. Up to LOW_LIMIT it lies below 2 GiB, as the lab's heap
 * does, for allocators that keep pointers in four bytes.
 */
#ifndef HEAP_LIMIT
#define HEAP_LIMIT (sizeof(void *) > 4 ? (size_t)1 << 37 : (size_t)1 << 30)
#endif

#define REFUSED ((void *)-1)

enum {
    PAGE = 4096,
    LEAST_SPAN = 1 << 24,
    LOW_LIMIT = 1 << 30,
    LOW_FIRST = 1 << 28, /* above where executables at fixed places lie */
    LOW_STEP = 1 << 26,
    LEAST_OPEN = 1 << 18,   /* the least that is opened at a time, */
    OPEN_SHARE = 16,        /* or this part of the heap */
    LEAST_RETURN = 1 << 18, /* the least that the kernel is given back */
};

static struct {
    char *base, *brk, *dirty, *open;
    size_t span;
} heap;

static char *page_ceil(char *p)
{
    return (char *)(((uintptr_t)p + PAGE - 1) & ~(uintptr_t)(PAGE - 1));
}

/* ---- The region. ---- */

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

static bool reserve(void)
{
    int error = errno;
    size_t size = HEAP_LIMIT;

    for (; size >= LEAST_SPAN && !heap.base; size /= 2) {
        if (size <= LOW_LIMIT)
            heap.base = reserve_low(size);
        if (!heap.base)
            heap.base = reserve_at(0, size);
        heap.span = size;
    }
    if (!heap.base)
        return false;
    heap.brk = heap.dirty = heap.open = heap.base;
    errno = error;
    return true;
}

/* Make [open, end) accessible, and more, for the next who asks. */
static bool open_to(char *end)
{
    char *limit = heap.base + heap.span;
    size_t more = (size_t)(end - heap.base) / OPEN_SHARE;

    if (end <= heap.open)
        return true;
    if (more < LEAST_OPEN)
        more = LEAST_OPEN;
    end = page_ceil(end);
    char *wide = more < (size_t)(limit - end) ? page_ceil(end + more) : limit;
    size_t size = (size_t)(wide - heap.open);
    if (mprotect(heap.open, size, PROT_READ | PROT_WRITE) != 0) {
        wide = end;
        size = (size_t)(wide - heap.open);
        if (mprotect(heap.open, size, PROT_READ | PROT_WRITE) != 0)
            return false;
    }
    heap.open = wide;
    return true;
}

/* ---- Up and down. ---- */

static bool move_up(size_t size)
{
    if (size > (size_t)(heap.base + heap.span - heap.brk) ||
        !open_to(heap.brk + size))
        return false;
    char *end = heap.brk + size;
    if (heap.brk < heap.dirty)
        memset(heap.brk, 0,
               (size_t)((end < heap.dirty ? end : heap.dirty) - heap.brk));
    heap.brk = end;
    if (heap.dirty < end)
        heap.dirty = end;
    return true;
}

static void move_down(size_t size)
{
    heap.brk -= size;
    char *first = page_ceil(heap.brk), *end = page_ceil(heap.dirty);
    if (end - first < LEAST_RETURN)
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
    if (!heap.base && !reserve())
        return fail(ENOMEM);
    char *before = heap.brk;
    if (increment >= 0)
        return move_up((size_t)increment) ? before : fail(ENOMEM);
    if (-(uintptr_t)increment > (uintptr_t)(heap.brk - heap.base))
        return fail(EINVAL);
    move_down(-(size_t)increment);
    return before;
}

void *mem_heap_lo(void)
{
    if (!heap.base)
        reserve();
    return heap.base;
}

void *mem_heap_hi(void)
{
    return (char *)mem_heap_lo() + mem_heapsize() - 1;
}

size_t mem_heapsize(void)
{
    return (size_t)(heap.brk - heap.base);
}

size_t mem_pagesize(void)
{
    return PAGE;
}

/* ---- Mappings. ---- */

static size_t whole_pages(size_t size)
{
    return (size + PAGE - 1) & ~(size_t)(PAGE - 1);
}

void *mem_map(size_t size)
{
    if (size == 0 || size > PTRDIFF_MAX) {
        errno = size == 0 ? EINVAL : ENOMEM;
        return NULL;
    }
    void *area = mmap(NULL, whole_pages(size), PROT_READ | PROT_WRITE,
                      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return area == MAP_FAILED ? NULL : area;
}

int mem_unmap(void *ptr, size_t size)
{
    if (size == 0 || size > PTRDIFF_MAX) {
        errno = EINVAL;
        return -1;
    }
    return munmap(ptr, whole_pages(size));
}
