/*
 * preload.c - the malloc family of a process, from any allocator of mm.h.
 *
 * It is linked with an allocator and oslib.c into a shared object, which a
 * program preloads (LD_PRELOAD) or is linked with. Its functions replace the C
 * library's, with the semantics of glibc:
 *
 *     malloc(0)        a block of its own, which has no bytes (misuse.h)
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
#include "misuse.h"
#include "mm.h"
#include "side_table.h"
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

#pragma weak mm_marks
#pragma weak mm_size_unlocked
#pragma weak mm_good_size

/* ---- The fallback area. ---- */

enum { HEADER = alignof(max_align_t) };

static char *const fallback = own_area;
static atomic_size_t fallback_used;

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
static bool is_direct;   /* likewise, and the allocator has mm_marks: then its
                            blocks are aligned, and free keeps errno */

/*
 * The thread is busy (threads.h) from before it takes the lock until after it
 * gives it back, so that a signal handler never waits for the thread that it
 * interrupts.
 */

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
    threads_enter();
    take_lock();
}

static void leave(void)
{
    give_lock();
    threads_leave();
}

/* Whether the allocator is initialized, by this call at the latest. */
static bool ensure_initialized(void)
{
    if (!initialized)
        initialized = blocks_init();
    is_direct = initialized && mm_marks;
    return initialized;
}

static const struct threads_lock process_lock = {take_lock, give_lock};

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
static inline bool is_alone(void)
{
    return __libc_single_threaded && threads_self.state == THREADS_NEW;
}

/* A block from the thread's magazine, which is refilled if empty; or NULL. */
static void *request_from_magazine(size_t bytes, bool zero)
{
    if (!initialized || forking || is_alone())
        return NULL;
    threads_enter();
    void *block = threads_allocate(bytes, &process_lock);
    threads_leave();
    return block && zero ? memset(block, 0, bytes) : block;
}

/* Whether a magazine of this thread has taken the freed block. */
static bool free_to_magazine(void *block)
{
    if (forking || is_alone())
        return false;
    threads_enter();
    bool kept = threads_free(block, &process_lock);
    threads_leave();
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
    if (threads_busy())
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
 * is not freed, since the interrupted call may be using it. An empty block is,
 * it has no contents.
 */
static void *move(void *block, size_t bytes)
{
    size_t old = malloc_usable_size(block);
    void *new = request(1, bytes, false);

    if (new)
        memcpy(new, block, old < bytes ? old : bytes);
    if (new && is_own(block) && !is_fallback(block))
        empty_free(block);
    return new;
}

static void *request_resize(void *block, size_t bytes)
{
    if (bytes == 0)
        return NULL;
    if (threads_busy() || is_own(block))
        return move(block, bytes);
    threads_check_in_use(block);
    enter();
    void *new = block_resize(block, bytes);
    leave();
    return new;
}

/* ---- The family. ---- */

/* count * size bytes from the allocator, or an empty block. */
static void *request_product(size_t count, size_t size, bool zero)
{
    void *block = count == 0 || size == 0 ? empty_new() : NULL;

    return block ? block
                 : enomem_if_null(request(1, product(count, size), zero));
}

/* Free a block that is not the allocator's. */
static void free_own(void *block)
{
    if (!is_fallback(block))
        empty_free(block);
}

/*
 * Whether the process has one thread, in no other call, and an allocator whose
 * own functions have the C library's semantics, for requests that succeed.
 */
static inline bool may_call_directly(const struct thread *self)
{
    return is_direct && is_alone() && !self->inside && !forking;
}

/* May blocks.c have mapped the block? An allocator that is called directly has
 * no other entries in the side table. */
static inline bool is_own_mapping(const void *block)
{
    return side_table_count > 0 && (uintptr_t)block % LEAST_PAGE == 0;
}

static __attribute__((noinline)) void *malloc_carefully(size_t size)
{
    return request_product(1, size, false);
}

/* malloc without a block in a magazine. */
static __attribute__((noinline)) void *malloc_slowly(size_t size)
{
    struct thread *self = threads_current();

    if (may_call_directly(self) && size < BLOCK_MAPPED) {
        self->inside = true;
        void *block = mm_malloc(size);
        self->inside = false;
        if (block)
            return block;
    }
    return malloc_carefully(size);
}

void *malloc(size_t size)
{
    void *block = threads_pop(size);

    return block ? block : malloc_slowly(size);
}

/* free in a process with several threads, or of what is not the allocator's. */
static __attribute__((noinline)) void free_carefully(void *block)
{
    if (is_own(block)) {
        free_own(block);
        return;
    }
    if (!block || threads_busy() || free_to_magazine(block))
        return;
    int *error = errno_address(), before = *error;
    enter();
    block_delete(block);
    leave();
    *error = before;
}

/* free of what no magazine takes at once. */
static __attribute__((noinline)) void free_slowly(void *block)
{
    struct thread *self = threads_current();

    if (!may_call_directly(self) || is_own(block) || is_own_mapping(block)) {
        free_carefully(block);
        return;
    }
    self->inside = true;
    mm_free(block);
    self->inside = false;
}

void free(void *block)
{
    if (!threads_push(block))
        free_slowly(block);
}

void *calloc(size_t count, size_t size)
{
    return request_product(count, size, true);
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

/* realloc as the program has it: the program may have its own. */
extern void *exported_realloc(void *block, size_t size) __asm__("realloc");

void *reallocarray(void *block, size_t count, size_t size)
{
    size_t bytes;

    if (__builtin_mul_overflow(count, size, &bytes))
        return enomem_if_null(NULL);
    return exported_realloc(block, bytes);
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
    if (is_own(block)) {
        empty_check(block);
        return 0;
    }
    if (threads_busy())
        return block_size(block);
    threads_check_in_use(block);
    enter();
    size_t size = block_size(block);
    leave();
    return size;
}

/* Bytes of a block; without a lock, if the allocator can tell. */
static size_t size_quickly(void *block)
{
    size_t size = mm_size_unlocked ? mm_size_unlocked(block) : 0;

    return size ? size : malloc_usable_size(block);
}

void misuse_check_size(void *block, size_t align, size_t size)
{
    if ((uintptr_t)block % align != 0)
        misuse_found("this block was requested with another alignment", block);
    if (!block || size == 0 || is_own(block))
        return;
    if (!block_may_be_of(size_quickly(block), size))
        misuse_found("this block was requested with another size", block);
}

static size_t system_bytes(void)
{
    return mem_heapsize();
}

#include "../libraries/malloc_names.h"
