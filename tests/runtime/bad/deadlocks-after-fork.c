/*
 * A lock that another thread may hold when a process forks. Must be found.
 */
/* fails: forks-while-others-allocate */
/* may fail: fork-handlers-may-allocate fork-handlers-may-wait */
/* may fail: forks-while-streams-are-flushed */
#include "wrong.h"

#include <unistd.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;

static unsigned count;

void *malloc(size_t size)
{
    pthread_mutex_lock(&lock);
    void *block = __libc_malloc(size);
    if (!__libc_single_threaded && ++count % 8 == 0)
        usleep(1); /* so that it is likely held */
    pthread_mutex_unlock(&lock);
    return block;
}
