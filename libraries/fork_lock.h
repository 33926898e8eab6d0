/*
 * fork_lock.h - one lock for all calls of a library, held across fork.
 *
 * fork copies only the calling thread. If another thread holds the lock at
 * that moment, no thread unlocks the child's copy, and the heap that it guards
 * may be half changed. So the thread that forks takes the lock before, and
 * parent and child give it back after.
 *
 *     fork:  prepare handlers   a malloc's announcement       no signals
 *                               those of others, then ours    from here
 *            the C library's own locks, the copy
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
 * A thread that forks in such a handler has our lock before those of others,
 * against the order. A second thread that forks may have those, and wait for
 * ours. So a malloc's first handler, before those of all others, announces the
 * fork: it waits for the lock once, while it has no other. From then on, who
 * takes the lock blocks signals before, until no announced fork waits for it.
 * A library that is no malloc cannot run first. While another thread forks, a
 * handler that interrupts it must not.
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

enum { LOCK_WAITED_FOR = 1, LOCK_QUIET = 2, LOCK_SPINS = 100 };

/*
 * If nobody has the lock 0, or LOCK_QUIET while forks are announced. Else the
 * owner's &lock_self, with LOCK_WAITED_FOR if threads sleep.
 */
static _Atomic uintptr_t lock_word;

/*
 * Guarded by the lock: forks that are announced and do not have it yet. While
 * there are any, who has it has blocked all signals but these.
 */
static int forks_ahead;
static sigset_t lock_signals;

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

/* nobody: the word of a lock that nobody has. */
static inline bool lock_try(uintptr_t nobody, uintptr_t as)
{
    return lock_word == nobody &&
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

/* If a thread has the lock, say that another one sleeps, and sleep. */
static inline void lock_wait(void)
{
    uintptr_t seen = lock_word, slept = seen | LOCK_WAITED_FOR;

    if (seen != 0 && seen != LOCK_QUIET &&
        atomic_compare_exchange_strong(&lock_word, &seen, slept))
        lock_futex(FUTEX_WAIT_PRIVATE, slept);
}

/* Try for some time: the lock is mostly held below 1 us. */
static __attribute__((noinline)) bool lock_spin(void)
{
    for (int i = 0; i < LOCK_SPINS; i++) {
        if (lock_try(0, (uintptr_t)&lock_self))
            return true;
#if defined __x86_64__ || defined __i386__
        __builtin_ia32_pause();
#endif
    }
    return false;
}

/* Returns those that were blocked before. */
static inline sigset_t block_signals(void)
{
    sigset_t all, before;

    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before);
    return before;
}

/* Acquire the lock, whether forks are announced or not. Signals are blocked. */
static inline void lock_acquire_blocked(void)
{
    uintptr_t as = (uintptr_t)&lock_self | LOCK_WAITED_FOR;

    while (!lock_try(0, as) && !lock_try(LOCK_QUIET, as))
        lock_wait();
}

static void lock_acquire_quiet(void)
{
    sigset_t signals = block_signals();

    lock_acquire_blocked();
    if (forks_ahead > 0)
        lock_signals = signals;
    else
        pthread_sigmask(SIG_SETMASK, &signals, NULL);
}

static __attribute__((noinline)) void lock_acquire_slowly(void)
{
    while (!lock_try(0, (uintptr_t)&lock_self | LOCK_WAITED_FOR)) {
        if (lock_word == LOCK_QUIET) {
            lock_acquire_quiet();
            return;
        }
        lock_wait();
    }
}

/* Acquire the lock; if forks are announced, block signals until release. */
static inline void lock_acquire(void)
{
    if (!lock_try(0, (uintptr_t)&lock_self) && !lock_spin())
        lock_acquire_slowly();
}

static inline void lock_release_blocked(void)
{
    uintptr_t nobody = forks_ahead > 0 ? LOCK_QUIET : 0;

    if (atomic_exchange(&lock_word, nobody) & LOCK_WAITED_FOR)
        lock_futex(FUTEX_WAKE_PRIVATE, 1);
}

static __attribute__((noinline)) void lock_release_quiet(void)
{
    sigset_t signals = lock_signals;

    lock_release_blocked();
    pthread_sigmask(SIG_SETMASK, &signals, NULL);
}

static inline void lock_release(void)
{
    if (forks_ahead > 0)
        lock_release_quiet();
    else
        lock_release_blocked();
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

/* Of the fork that the thread has begun. */
static __thread struct {
    sigset_t signals; /* those that it had blocked before */
    bool begun;
    bool take_lock; /* false: a handler forks that interrupts a call */
    bool took_list; /* the lock of the list of streams */
} fork_state __attribute__((tls_model("initial-exec")));

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
 * Announce the fork. When this returns, no signal's handler in another thread
 * has our lock, or gets it before this fork has.
 */
static void begin_fork(void)
{
    if (fork_state.begun)
        return;
    sigset_t signals = block_signals();
    fork_state.signals = signals;
    fork_state.begun = true;
    fork_state.take_lock = !lock_is_mine();
    if (!fork_state.take_lock)
        return;
    lock_acquire_blocked();
    forks_ahead++;
    lock_release_blocked();
}

static void before_fork(void)
{
    begin_fork();
    if (fork_state.take_lock) {
        fork_state.took_list = list_take();
        lock_acquire_blocked();
        forks_ahead--;
    }
    forking = true;
}

static void after_fork(bool in_child)
{
    sigset_t signals = fork_state.signals;

    forking = false;
    if (fork_state.take_lock)
        lock_release_blocked();
    if (fork_state.took_list)
        list_give(in_child);
    fork_state.begun = fork_state.took_list = false;
    pthread_sigmask(SIG_SETMASK, &signals, NULL);
}

static void after_fork_in_parent(void)
{
    after_fork(false);
}

static void after_fork_in_child(void)
{
    forks_ahead = 0; /* those of threads that the child does not have */
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
 * that it is for. begin_fork is set anew after each, so it always runs first.
 * Weak: a static program has the C library's.
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
    int error =
        prepare == before_fork ? 0 : next(prepare, parent, child, object);
    if (error == 0 && prepare)
        next(begin_fork, NULL, NULL, object);
    return error;
}
#endif

#endif
