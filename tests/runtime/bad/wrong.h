/*
 * wrong.h - a sound malloc under each of the wrong ones here: the C library's,
 * by its inner names. A file defines the calls that it gets wrong.
 */
#ifndef WRONG_H
#define WRONG_H

#include <dlfcn.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/single_threaded.h>

void *__libc_malloc(size_t size);
void __libc_free(void *block);
void *__libc_calloc(size_t count, size_t size);
void *__libc_realloc(void *block, size_t size);
void *__libc_memalign(size_t align, size_t size);

static inline size_t libc_usable_size(void *block)
{
    static size_t (*libc)(void *);

    if (!libc)
        libc = (size_t(*)(void *))dlsym(RTLD_NEXT, "malloc_usable_size");
    return libc(block);
}

static inline bool is_power(size_t n)
{
    return n && (n & (n - 1)) == 0;
}

/* Make a race certain: let another thread come in here. */
static inline void open_window(void)
{
    if (!__libc_single_threaded)
        sched_yield();
}

#endif
