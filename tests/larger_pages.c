/*
 * larger_pages.c - the rules of a kernel with pages of PAGE_KIB KiB, to be
 * preloaded on one with smaller pages.
 *
 * An address that is no multiple of a page is EINVAL, a length is rounded up
 * to whole pages, and mmap places mappings at whole pages: so whoever takes
 * another size for the system's page fails here as it would there. What the C
 * library calls for itself does not come here.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    PAGE = PAGE_KIB << 10,
    REAL_PAGE = 4096,
    SMALL_PAGES = PAGE / REAL_PAGE, /* of the system's, in one page */
};

static bool is_whole(const void *address)
{
    return (uintptr_t)address % PAGE == 0;
}

static size_t page_ceil(size_t size)
{
    return (size + PAGE - 1) & ~(size_t)(PAGE - 1);
}

static int invalid(void)
{
    errno = EINVAL;
    return -1;
}

/* ---- What the page size is. ---- */

long sysconf(int name)
{
    long (*next)(int);

    if (name == _SC_PAGESIZE)
        return PAGE;
    next = (long (*)(int))dlsym(RTLD_NEXT, "sysconf");
    return next(name);
}

int getpagesize(void)
{
    return PAGE;
}

unsigned long getauxval(unsigned long type)
{
    unsigned long (*next)(unsigned long);

    if (type == AT_PAGESZ)
        return PAGE;
    next = (unsigned long (*)(unsigned long))dlsym(RTLD_NEXT, "getauxval");
    return next(type);
}

/* ---- Mappings. ---- */

static void *map(void *at, size_t size, int protection, int flags, int fd,
                 off_t offset)
{
    return (void *)syscall(SYS_mmap, at, size, protection, flags, fd, offset);
}

/* Reserve a page too much, keep what lies at whole pages, map over that. */
static void *map_anywhere(size_t size, int protection, int flags, int fd,
                          off_t offset)
{
    int reserved = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    char *area = map(NULL, size + PAGE, PROT_NONE, reserved, -1, 0);

    if (area == MAP_FAILED)
        return area;
    char *start = (char *)page_ceil((uintptr_t)area);
    size_t before = (size_t)(start - area), behind = PAGE - before;
    if (before > 0)
        syscall(SYS_munmap, area, before);
    if (behind > 0)
        syscall(SYS_munmap, start + size, behind);
    void *mapped = map(start, size, protection, flags | MAP_FIXED, fd, offset);
    if (mapped == MAP_FAILED)
        syscall(SYS_munmap, start, size);
    return mapped;
}

void *mmap(void *at, size_t size, int protection, int flags, int fd,
           off_t offset)
{
    bool fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);

    if (offset % PAGE != 0 || (fixed && !is_whole(at)) || size == 0) {
        errno = EINVAL;
        return MAP_FAILED;
    }
    size = page_ceil(size);
    return fixed ? map(at, size, protection, flags, fd, offset)
                 : map_anywhere(size, protection, flags, fd, offset);
}

void *mmap64(void *, size_t, int, int, int, off_t)
    __attribute__((alias("mmap")));

int munmap(void *at, size_t size)
{
    if (!is_whole(at))
        return invalid();
    return (int)syscall(SYS_munmap, at, page_ceil(size));
}

/* Every mapping moves, to whole pages: there, if the flags say so. */
void *mremap(void *at, size_t old, size_t size, int flags, ...)
{
    va_list more;

    va_start(more, flags);
    char *place = flags & MREMAP_FIXED
                      ? va_arg(more, void *)
                      : map_anywhere(page_ceil(size), PROT_NONE,
                                     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    va_end(more);
    if (place == MAP_FAILED)
        return place;
    if (!is_whole(at) || !is_whole(place)) {
        errno = EINVAL;
        return MAP_FAILED;
    }
    void *moved = (void *)syscall(SYS_mremap, at, page_ceil(old),
                                  page_ceil(size),
                                  flags | MREMAP_MAYMOVE | MREMAP_FIXED, place);
    if (moved == MAP_FAILED)
        syscall(SYS_munmap, place, page_ceil(size));
    return moved;
}

int mprotect(void *at, size_t size, int protection)
{
    if (!is_whole(at))
        return invalid();
    return (int)syscall(SYS_mprotect, at, page_ceil(size), protection);
}

int madvise(void *at, size_t size, int advice)
{
    if (!is_whole(at))
        return invalid();
    return (int)syscall(SYS_madvise, at, page_ceil(size), advice);
}

/* A page is in memory as soon as a part of it is. */
int mincore(void *at, size_t size, unsigned char *in)
{
    unsigned char parts[SMALL_PAGES];

    if (!is_whole(at))
        return invalid();
    for (size_t page = 0; page < page_ceil(size) / PAGE; page++) {
        if (syscall(SYS_mincore, (char *)at + page * PAGE, (size_t)PAGE,
                    parts) != 0)
            return -1;
        in[page] = 0;
        for (int i = 0; i < SMALL_PAGES; i++)
            in[page] |= parts[i] & 1;
    }
    return 0;
}
