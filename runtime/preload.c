/*
 * preload.c - the malloc family of a process, from any allocator of mm.h.
 *
 * It is linked with an allocator and oslib.c into a shared object, which a
 * program preloads (LD_PRELOAD) or is linked with. Its functions replace the C
 * library's, with the semantics of glibc:
 *
 *     malloc(0)        a block of its own
 *     realloc(p, 0)    frees p and returns NULL
 *     no memory        NULL and ENOMEM; sizes above PTRDIFF_MAX, overflow too
 *     free             leaves errno as it is
 *     memalign         rounds an alignment up to a power of two
 *     aligned_alloc    rounds it up or refuses it (EINVAL): aligned.h
 *     posix_memalign   refuses it (EINVAL) and does not touch errno
 *
 * One lock around every call; a process with one thread does not take it. It
 * is held across fork, so that the child's heap is whole. If the allocator
 * allows it, each thread has a cache of small blocks (threads.c).
 *
 * An allocator may itself call malloc, because it prints or an assertion of it
 * fails; so may a signal handler that interrupts it. Such a call gets its block
 * from the fallback area, a static array whose blocks are never freed.
 */
#define _GNU_SOURCE
#include "aligned.h"
#include "blocks.h"
#include "memlib.h"
#include "threads.h"

#define FORK_LOCK_OF_MALLOC
#include "../libraries/fork_lock.h"

#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/single_threaded.h>
#include <unistd.h>

/* ---- The fallback area. ---- */

enum { FALLBACK_SIZE = 1 << 20, HEADER = alignof(max_align_t) };

static alignas(HEADER) char fallback[FALLBACK_SIZE];
static atomic_size_t fallback_used;

static bool is_fallback(const void *block)
{
    return (uintptr_t)block - (uintptr_t)fallback < FALLBACK_SIZE;
}

/*
 * A block of zeros, with its size in the word before it; NULL if the area is
 * used up. Signal handlers of several threads may call this at the same time.
 */
static void *fallback_new(size_t align, size_t size)
{
    size_t used = fallback_used, offset, end;

    if (align < HEADER)
        align = HEADER;
    do {
        uintptr_t at = (uintptr_t)fallback + used + HEADER;
        offset = ((at + align - 1) & -align) - (uintptr_t)fallback;
        if (offset > FALLBACK_SIZE || size > FALLBACK_SIZE - offset)
            return NULL;
        end = (offset + size + HEADER - 1) & -(size_t)HEADER;
    } while (!atomic_compare_exchange_weak(&fallback_used, &used, end));
    ((size_t *)(void *)(fallback + offset))[-1] = size;
    return fallback + offset;
}

static size_t fallback_size(const void *block)
{
    return ((const size_t *)block)[-1];
}

/* ---- The lock. ---- */

static bool lock_taken;  /* the thread in the allocator took the lock */
static bool initialized; /* blocks_init has succeeded */

/*
 * Set from before the thread takes the lock until after it gives it back, so
 * that a signal handler never waits for the thread that it interrupts.
 */
static __thread volatile bool in_allocator
    __attribute__((tls_model("initial-exec")));

/* Take the lock, unless the process has one thread or this one holds it. */
static void take_lock(void)
{
    bool take = !__libc_single_threaded && !forking;

    if (take)
        lock_acquire();
    lock_taken = take;
}

static void give_lock(void)
{
    bool give = lock_taken;

    lock_taken = false;
    if (give)
        lock_release();
}

static void enter(void)
{
    in_allocator = true;
    take_lock();
}

static void leave(void)
{
    give_lock();
    in_allocator = false;
}

/* Whether the allocator is initialized, by this call at the latest. */
static bool ensure_initialized(void)
{
    if (!initialized)
        initialized = blocks_init();
    return initialized;
}

static const struct threads_lock process_lock = {take_lock, give_lock, enter, leave};

/* ---- Requests. ---- */

/* &errno, which is constant in a thread but costs a call to find. */
static inline int *errno_address(void)
{
    static __thread int *address __attribute__((tls_model("initial-exec")));

    if (!address)
        address = &errno;
    return address;
}

/* Return the block; set errno to ENOMEM if it is NULL. */
static void *enomem_if_null(void *block)
{
    if (!block)
        errno = ENOMEM;
    return block;
}

/* count * size, at least 1; 0 if that exceeds PTRDIFF_MAX. */
static size_t product(size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX)
        return 0;
    return bytes ? bytes : 1;
}

/* The least power of two that is at least align and malloc's alignment. */
static size_t round_to_power(size_t align)
{
    size_t power = alignof(max_align_t);

    while (power < align)
        power *= 2;
    return power;
}

/* A block from the allocator. The caller holds the lock. */
static void *allocate_locked(size_t align, size_t bytes, bool zero)
{
    if (!ensure_initialized())
        return NULL;
    return zero ? block_new_zero(1, bytes) : block_new_aligned(align, bytes);
}

/*
 * Whether the process has had one thread so far: then magazines would only cost
 * time. A thread that has used its magazines goes on to use them, also as the
 * only thread of a forked child.
 */
static inline bool bypasses_magazines(void)
{
    return __libc_single_threaded && !threads_started;
}

/* A block from a magazine, without the lock; NULL if there is none. */
static inline void *allocate_fast(size_t size)
{
    void *block = NULL;

    if (in_allocator)
        return NULL;
    in_allocator = true;
    if (!bypasses_magazines())
        block = threads_pop_cached(size);
    else if (initialized && size - 1 < BLOCK_MAPPED - 1)
        block = block_new(size);
    in_allocator = false;
    return block;
}

/* A block from the thread's magazine, which is refilled if empty; or NULL. */
static void *request_from_magazine(size_t bytes, bool zero)
{
    if (!initialized || forking || bypasses_magazines())
        return NULL;
    in_allocator = true;
    void *block = threads_allocate(bytes, &process_lock);
    in_allocator = false;
    return block && zero ? memset(block, 0, bytes) : block;
}

/* Whether a magazine of this thread has taken the freed block. */
static bool free_to_magazine(void *block)
{
    if (forking || bypasses_magazines())
        return false;
    in_allocator = true;
    bool kept = threads_free(block, &process_lock);
    in_allocator = false;
    return kept;
}

/*
 * A block of that many bytes; NULL if bytes is 0 (the request was too large)
 * or there is no memory.
 */
static void *request(size_t align, size_t bytes, bool zero)
{
    if (bytes == 0)
        return NULL;
    if (in_allocator)
        return fallback_new(align, bytes);
    void *block = align <= HEADER ? request_from_magazine(bytes, zero) : NULL;
    if (block)
        return block;
    enter();
    block = allocate_locked(align, bytes, zero);
    leave();
    return block;
}

static void *request_aligned(size_t align, size_t size)
{
    if (align > SIZE_MAX / 2 + 1) {
        errno = EINVAL;
        return NULL;
    }
    return enomem_if_null(
        request(round_to_power(align), product(1, size), false));
}

/*
 * Copy the block to a new one: a block of the fallback area cannot grow, nor
 * can any block while the allocator is in the middle of a call. The old block
 * is not freed, since the interrupted call may be using it.
 */
static void *move(void *block, size_t bytes)
{
    size_t old = malloc_usable_size(block);
    void *new = request(1, bytes, false);

    if (new)
        memcpy(new, block, old < bytes ? old : bytes);
    return new;
}

static void *request_resize(void *block, size_t bytes)
{
    if (bytes == 0)
        return NULL;
    if (in_allocator || is_fallback(block))
        return move(block, bytes);
    threads_check_in_use(block);
    enter();
    void *new = block_resize(block, bytes);
    leave();
    return new;
}

/* ---- The family. ---- */

void *malloc(size_t size)
{
    void *block = allocate_fast(size);

    return block ? block : enomem_if_null(request(1, product(1, size), false));
}

void free(void *block)
{
    if (!block || is_fallback(block) || in_allocator || free_to_magazine(block))
        return;
    int *error = errno_address(), before = *error;
    enter();
    block_delete(block);
    leave();
    *error = before;
}

void *calloc(size_t count, size_t size)
{
    return enomem_if_null(request(1, product(count, size), true));
}

void *realloc(void *block, size_t size)
{
    if (!block)
        return malloc(size);
    if (size == 0) {
        free(block);
        return NULL;
    }
    return enomem_if_null(request_resize(block, product(1, size)));
}

void *reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        return enomem_if_null(NULL);
    return realloc(block, bytes);
}

int posix_memalign(void **block, size_t align, size_t size)
{
    int error = errno;

    if (align % sizeof(void *) != 0 || align == 0 || (align & (align - 1)) != 0)
        return EINVAL;
    void *new = request(align, product(1, size), false);
    errno = error;
    if (!new)
        return ENOMEM;
    *block = new;
    return 0;
}

void *memalign(size_t align, size_t size)
{
    return request_aligned(align, size);
}

void *aligned_alloc(size_t align, size_t size)
{
    if (!aligned_alloc_takes(align)) {
        errno = EINVAL;
        return NULL;
    }
    return request_aligned(align, size);
}

void *valloc(size_t size)
{
    return request_aligned((size_t)sysconf(_SC_PAGESIZE), size);
}

void *pvalloc(size_t size)
{
    size_t page = (size_t)sysconf(_SC_PAGESIZE);

    if (size > PTRDIFF_MAX)
        return enomem_if_null(NULL);
    return request_aligned(page, (size + page - 1) & -page);
}

size_t malloc_usable_size(void *block)
{
    if (!block)
        return 0;
    if (is_fallback(block))
        return fallback_size(block);
    if (in_allocator)
        return block_size(block);
    threads_check_in_use(block);
    enter();
    size_t size = block_size(block);
    leave();
    return size;
}

static size_t system_bytes(void)
{
    return mem_heapsize();
}

#include "../libraries/malloc_names.h"
