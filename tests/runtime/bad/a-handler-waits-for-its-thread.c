/*
 * A signal's handler waits for the lock of the malloc that it interrupted.
 * Must be found.
 */
/* cannot: errno peaks */
/* fails: serves-signal-handlers signal-handlers-may-fork */
/* fails: ending-threads-serve-signal-handlers */
/* fails: threads-and-signal-handlers-fork-at-once */
/* fails: fork-handlers-may-wait forks-while-streams-are-flushed */
#include "wrong.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static __thread bool forking;

static void hold(void)
{
    pthread_mutex_lock(&lock);
    forking = true;
}

static void release(void)
{
    forking = false;
    pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void hold_across_fork(void)
{
    pthread_atfork(hold, release, release);
}

void *malloc(size_t size)
{
    bool take = !forking;

    if (take)
        pthread_mutex_lock(&lock);
    void *block = __libc_malloc(size);
    if (take)
        pthread_mutex_unlock(&lock);
    return block;
}
