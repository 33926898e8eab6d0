/*
 * family.h - what the tests of the malloc family share.
 *
 * They run with any malloc preloaded (LD_PRELOAD), so they only rely on what
 * the C library promises. Some allocators promise less. The environment
 * variable MALLOC_CANNOT lists what this allocator cannot do,
 *
 *     reuse       use memory again that was freed
 *     give-back   give freed memory back to the system
 *     peaks       the same where blocks at higher addresses stay
 *     signals     serve a signal handler that interrupts malloc
 *     atfork      serve other handlers of pthread_atfork, whenever they were
 *                 set, and the threads that they wait for
 *     errno       leave errno alone in a posix_memalign without memory
 *     sparse      clear and resize a large block without touching its pages
 *
 * and a test that needs one of them skips itself.
 *
 * Compilers know malloc, and assume that two blocks differ or that a block is
 * aligned. hidden() and touched() prevent these conclusions.
 */
#ifndef FAMILY_H
#define FAMILY_H

#include "../check.h"

#include <fcntl.h>
#include <stdint.h>

#define PAGE ((size_t)sysconf(_SC_PAGESIZE))

enum { KIB = 1 << 10, MIB = 1 << 20 };

/* Skip the test if the allocator cannot do that. */
static inline void needs(const char *ability)
{
    const char *cannot = getenv("MALLOC_CANNOT");

    if (cannot && strstr(cannot, ability))
        check_skip("not promised by this allocator");
}

/* Return p; the compiler does not know that it is the same pointer. */
static inline const void *hidden(const void *p)
{
    __asm__ volatile("" : "+r"(p) : : "memory");
    return p;
}

static inline bool at_multiple(const void *p, size_t align)
{
    return (uintptr_t)hidden(p) % align == 0;
}

static inline bool same(const void *a, const void *b)
{
    return hidden(a) == hidden(b);
}

/* Return block; the compiler must assume that its contents are used. */
static inline void *touched(void *block)
{
    return (void *)hidden(block);
}

/* ---- Contents: every byte is computed from a seed and its offset. ---- */

static inline unsigned char byte_of(unsigned seed, size_t i)
{
    return (unsigned char)(seed * 167 + i * 31 + (i >> 8));
}

static inline void fill(void *block, size_t size, unsigned seed)
{
    unsigned char *bytes = block;

    for (size_t i = 0; i < size; i++)
        bytes[i] = byte_of(seed, i);
}

static inline bool holds(const void *block, size_t size, unsigned seed)
{
    const unsigned char *bytes = block;

    for (size_t i = 0; i < size; i++)
        if (bytes[i] != byte_of(seed, i))
            return false;
    return true;
}

/* ---- Figures of this process from the kernel, without malloc. ---- */

/* The number after `name` in /proc/self/status, in bytes. */
static inline size_t status_bytes(const char *name)
{
    char text[8 * KIB] = "";
    int file = open("/proc/self/status", O_RDONLY);

    CHECK(file >= 0 && read(file, text, sizeof text - 1) > 0);
    close(file);
    const char *line = strstr(text, name);
    CHECK(line);
    return strtoul(line + strlen(name), NULL, 10) * KIB;
}

static inline size_t resident(void)
{
    return status_bytes("VmRSS:");
}

#endif
