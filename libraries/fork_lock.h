/*
 * fork_lock.h - one lock for all calls of a library, held across fork.
 *
 * fork copies only the calling thread. If another thread holds the lock at
 * that moment, no thread unlocks the child's copy, and the heap that it guards
 * may be half changed. So the thread that forks takes the lock before, and
 * parent and child give it back after.
 *
 * Handlers that other libraries set with pthread_atfork run while the forking
 * thread holds the lock, and they may allocate: in that thread lock_take and
 * lock_give then do nothing. A handler of a signal must not call the library:
 * it could wait for the thread that it interrupts.
 *
 * A library of one C file includes this header once and gets a lock of its own.
 * It is copied together with the C file. (runtime/preload.c has a lock of its
 * own: it promises to serve handlers of signals, and takes no lock while the
 * process has one thread.)
 */
#ifndef FORK_LOCK_H
#define FORK_LOCK_H

#include <pthread.h>
#include <stdbool.h>

static pthread_mutex_t fork_lock = PTHREAD_MUTEX_INITIALIZER;

/*
 * Whether the calling thread holds the lock for a fork. initial-exec: any other
 * model may call malloc on first use, and hmm.c is malloc.
 */
static __thread bool forking __attribute__((tls_model("initial-exec")));

/* Wait for the lock and hold it. Not recursive. */
static inline void lock_take(void)
{
    if (!forking)
        pthread_mutex_lock(&fork_lock);
}

/* Give the lock back; the calling thread holds it. */
static inline void lock_give(void)
{
    if (!forking)
        pthread_mutex_unlock(&fork_lock);
}

static void before_fork(void)
{
    lock_take();
    forking = true;
}

static void after_fork(void)
{
    forking = false;
    lock_give();
}

__attribute__((constructor)) static void hold_across_fork(void)
{
    pthread_atfork(before_fork, after_fork, after_fork);
}

#endif
