/*
 * fork_lock.h - one lock for all calls of a library, held across fork.
 *
 * fork copies only the calling thread. If another thread holds the lock at
 * that moment, no thread unlocks the child's copy, and the heap that it guards
 * may be half changed. So the thread that forks takes the lock before, and
 * parent and child give it back after.
 *
 *     fork:  prepare handlers   those of others, then ours    no signals
 *            the C library's own locks, the copy              from here
 *            parent, child      ours, then those of others    to here
 *
 * The handlers that pthread_atfork sets for before the fork run in reverse
 * order. Ours must come last: another one may wait for a mutex, or for the end
 * of a thread, and that mutex's owner or that thread may need memory. So ours
 * are set before those of programs and of libraries that are linked with this
 * one. A library that is the malloc of its process (FORK_LOCK_OF_MALLOC) sets
 * them before all others: it replaces the function that pthread_atfork calls.
 *
 * The lock is one word, the address of its owner's `lock_self`. So a thread
 * knows at each instruction whether it has the lock, also in the handler of a
 * signal: a handler may fork, wherever it interrupts the thread. Elsewhere it
 * must not call the library: that could wait for the thread that it interrupts.
 *
 * A library of one C file includes this header once and gets a lock of its own.
 * It is copied together with the C file.
 */
#ifndef FORK_LOCK_H
#define FORK_LOCK_H

#ifdef FORK_LOCK_OF_MALLOC
#include <dlfcn.h>
#include <sys/single_threaded.h>
#endif
#include <errno.h>
#include <linux/futex.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/syscall.h>
#include <unistd.h>

/* ---- The lock. ---- */

enum { LOCK_WAITED_FOR = 1, LOCK_SPINS = 100 };

/* 0, or the owner's &lock_self, with LOCK_WAITED_FOR if threads sleep. */
static _Atomic uintptr_t lock_word;

/*
 * forking: this thread holds the lock for a fork. initial-exec: any other model
 * may call malloc on first use, and hmm.c is malloc.
 */
static __thread uintptr_t lock_self __attribute__((tls_model("initial-exec")));
static __thread bool forking __attribute__((tls_model("initial-exec")));

static inline bool lock_is_mine(void)
{
    return (lock_word & ~(uintptr_t)LOCK_WAITED_FOR) == (uintptr_t)&lock_self;
}

static inline bool lock_try(uintptr_t as)
{
    uintptr_t nobody = 0;

    return lock_word == 0 &&
           atomic_compare_exchange_strong(&lock_word, &nobody, as);
}

/* FUTEX_WAIT while the word is `value`, or FUTEX_WAKE of so many threads. */
static inline void lock_futex(int operation, uintptr_t value)
{
    bool high_first = __BYTE_ORDER__ == __ORDER_BIG_ENDIAN__;
    uint32_t *low = (uint32_t *)&lock_word +
                    (high_first ? sizeof lock_word / sizeof *low - 1 : 0);
    int error = errno;

    syscall(SYS_futex, low, operation, (uint32_t)value, NULL);
    errno = error;
}

/* Whether the word is not 0, and says now that a thread will sleep. */
static inline bool lock_announce(uintptr_t *seen)
{
    *seen = lock_word;
    if (*seen == 0)
        return false;
    return atomic_compare_exchange_strong(&lock_word, seen,
                                          *seen | LOCK_WAITED_FOR);
}

/* Try for some time: the lock is mostly held below 1 us. */
static __attribute__((noinline)) bool lock_spin(void)
{
    for (int i = 0; i < LOCK_SPINS; i++) {
        if (lock_try((uintptr_t)&lock_self))
            return true;
#if defined __x86_64__ || defined __i386__
        __builtin_ia32_pause();
#endif
    }
    return false;
}

static __attribute__((noinline)) void lock_sleep(void)
{
    uintptr_t seen;

    while (!lock_try((uintptr_t)&lock_self | LOCK_WAITED_FOR))
        if (lock_announce(&seen))
            lock_futex(FUTEX_WAIT_PRIVATE, seen | LOCK_WAITED_FOR);
}

static inline void lock_acquire(void)
{
    if (!lock_try((uintptr_t)&lock_self) && !lock_spin())
        lock_sleep();
}

static inline void lock_release(void)
{
    if (atomic_exchange(&lock_word, 0) & LOCK_WAITED_FOR)
        lock_futex(FUTEX_WAKE_PRIVATE, 1);
}

/* Wait for the lock and hold it. Not recursive. */
static inline void lock_take(void)
{
    if (!forking)
        lock_acquire();
}

/* Give the lock back; the calling thread holds it. */
static inline void lock_give(void)
{
    if (!forking)
        lock_release();
}

/* ---- The handlers of fork. ---- */

/* Of the fork that is going on; its thread has the lock. */
static struct {
    sigset_t signals; /* those that it had blocked before */
    bool took_lock;   /* false: a handler forks that interrupts a call */
    bool took_list;   /* the lock of the list of streams */
} fork_state;

/*
 * After all handlers, the C library locks its list of streams. A thread that
 * has that lock may wait for a stream, whose owner may need memory. So a malloc
 * takes the list first, which the C library then takes once more.
 */
#ifdef FORK_LOCK_OF_MALLOC
#pragma weak _IO_list_lock
#pragma weak _IO_list_unlock
#pragma weak _IO_list_resetlock
void _IO_list_lock(void);
void _IO_list_unlock(void);
void _IO_list_resetlock(void);

static bool list_take(void)
{
    if (__libc_single_threaded || !_IO_list_lock || !_IO_list_resetlock)
        return false;
    _IO_list_lock();
    return true;
}

static void list_give(bool in_child)
{
    if (in_child)
        _IO_list_resetlock();
    else
        _IO_list_unlock();
}
#else
static bool list_take(void)
{
    return false;
}

static void list_give(bool in_child)
{
    (void)in_child;
}
#endif

/*
 * Take the lock, and the list before it; whether there was a list. But whoever
 * has the lock may wait for the list: it forks in a handler that interrupts
 * malloc. So let go of the list while that thread has the lock.
 */
static bool acquire_for_fork(void)
{
    bool list;

    while ((list = list_take()) && !lock_spin()) {
        list_give(false);
        lock_acquire();
        lock_release();
    }
    if (!list)
        lock_acquire();
    return list;
}

static void before_fork(void)
{
    bool take = !lock_is_mine(), list = false;
    sigset_t all, signals;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &signals);
    if (take)
        list = acquire_for_fork();
    forking = true;
    fork_state.signals = signals;
    fork_state.took_lock = take;
    fork_state.took_list = list;
}

static void after_fork(bool in_child)
{
    sigset_t signals = fork_state.signals;
    bool list = fork_state.took_list;

    forking = false;
    if (fork_state.took_lock)
        lock_release();
    if (list)
        list_give(in_child);
    pthread_sigmask(SIG_SETMASK, &signals, NULL);
}

static void after_fork_in_parent(void)
{
    after_fork(false);
}

static void after_fork_in_child(void)
{
    after_fork(true);
}

/* Before constructors without a priority, which may set handlers of theirs. */
__attribute__((constructor(101))) static void hold_across_fork(void)
{
    pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

#ifdef FORK_LOCK_OF_MALLOC
extern const char __dso_handle __attribute__((visibility("hidden")));

typedef void fork_handler(void);
typedef int register_handlers(fork_handler *, fork_handler *, fork_handler *,
                              const void *object);
register_handlers __register_atfork __attribute__((weak));

/*
 * pthread_atfork of each object calls this, in place of the C library's
 * function of that name: the first call of all sets our handlers before those
 * that it is for. Weak: a static program has the C library's.
 */
int __register_atfork(fork_handler *prepare, fork_handler *parent,
                      fork_handler *child, const void *object)
{
    static atomic_flag ours = ATOMIC_FLAG_INIT;
    register_handlers *next =
        (register_handlers *)dlsym(RTLD_NEXT, "__register_atfork");

    if (!next)
        return ENOMEM;
    if (!atomic_flag_test_and_set(&ours))
        next(before_fork, after_fork_in_parent, after_fork_in_child,
             &__dso_handle);
    return prepare == before_fork ? 0 : next(prepare, parent, child, object);
}
#endif

#endif
