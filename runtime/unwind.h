/*
 * unwind.h - the call stack of the calling thread, as return addresses.
 */
#ifndef UNWIND_H
#define UNWIND_H

#include <stdatomic.h>
#include <stddef.h>
#include <stdint.h>

enum { UNWIND_CACHE_BITS = 15 };

/* What was found out about program counters; all zero at first. */
struct unwind_cache {
    struct {
        _Atomic uint64_t check; /* pc ^ rule: a torn pair is no entry */
        _Atomic uint64_t rule;
    } entries[1 << UNWIND_CACHE_BITS];
};

/*
 * Store the return addresses of the calling functions, innermost first, at most
 * max, and return how many. The first ones may be of the caller's own library.
 * seen is called with each address that the cache does not have. Any number of
 * threads may use a cache at a time. Nothing is allocated, but libgcc may
 * allocate, and take a lock, for code that a program registered by
 * __register_frame: the caller does not call again from within.
 */
__attribute__((visibility("hidden"))) size_t
unwind(struct unwind_cache *cache, uintptr_t *addresses, size_t max,
       void (*seen)(uintptr_t address, void *context), void *context);

#endif
