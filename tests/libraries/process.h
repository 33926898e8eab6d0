/*
 * process.h - what the system says of this process, and how it refuses.
 */
#ifndef PROCESS_H
#define PROCESS_H

#include "../check.h"

#include <fcntl.h>
#include <stdint.h>
#include <sys/mman.h>

static inline size_t page_size(void)
{
    return (size_t)sysconf(_SC_PAGESIZE);
}

/* Bytes of the address space in use. The kernel says it in KiB, whatever its
 * page. Allocates nothing. */
static inline size_t address_space(void)
{
    static char text[8192];
    int file = open("/proc/self/status", O_RDONLY);
    ssize_t size = file < 0 ? -1 : read(file, text, sizeof text - 1);

    close(file);
    CHECK(size > 0);
    text[size] = '\0';
    const char *line = strstr(text, "VmSize:");
    CHECK(line);
    return strtoul(line + strlen("VmSize:"), NULL, 10) * 1024;
}

/* Whether the page that p lies in is mapped. */
static inline bool is_there(const void *p)
{
    unsigned char resident[1];

    return mincore((char *)p - (uintptr_t)p % page_size(), 1, resident) == 0;
}

/* Whether no page of [p, p + size) is mapped. */
static inline bool is_gone(const unsigned char *p, size_t size)
{
    for (size_t at = 0; at < size; at += page_size())
        if (is_there(p + at))
            return false;
    return !is_there(p + size - 1);
}

/* size bytes, and behind them memory that must not be touched. */
static inline unsigned char *at_the_edge(size_t size)
{
    size_t page = page_size(), pages = (size + page - 1) & ~(page - 1);
    unsigned char *area = mmap(NULL, pages + page, PROT_READ | PROT_WRITE,
                               MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

    CHECK(area != MAP_FAILED);
    CHECK(mprotect(area + pages, page, PROT_NONE) == 0);
    return area + pages - size;
}

static inline void limit(int resource, rlim_t bytes)
{
    struct rlimit limits;

    CHECK(getrlimit((unsigned)resource, &limits) == 0);
    limits.rlim_cur = bytes < limits.rlim_max ? bytes : limits.rlim_max;
    CHECK(setrlimit((unsigned)resource, &limits) == 0);
}

/* From now on the system refuses memory, by the break and mapped. Two limits:
 * not all kernels look at both. Of 0 Linux lets mappings pass. */
static inline void shortage_begins(void)
{
    limit(RLIMIT_DATA, 4096);
    limit(RLIMIT_AS, 4096);
}

/* Before a test ends: a sanitizer wants memory then. */
static inline void shortage_ends(void)
{
    limit(RLIMIT_DATA, RLIM_INFINITY);
    limit(RLIMIT_AS, RLIM_INFINITY);
}

#endif
