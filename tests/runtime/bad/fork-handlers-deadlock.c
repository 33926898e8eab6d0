/*
 * A lock held across fork, which other handlers of fork then wait for. Must
 * be found.
 */
/* fails: fork-handlers-may-allocate fork-handlers-may-wait */
/* fails: forks-while-streams-are-flushed */
#include "wrong.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static void hold(void)
{
    pthread_mutex_lock(&lock);
}

static void release(void)
{
    pthread_mutex_unlock(&lock);
}

__attribute__((constructor)) static void hold_across_fork(void)
{
    pthread_atfork(hold, release, release);
}

void *malloc(size_t size)
{
    bool take = !__libc_single_threaded;

    if (take)
        pthread_mutex_lock(&lock);
    void *block = __libc_malloc(size);
    if (take)
        pthread_mutex_unlock(&lock);
    return block;
}
