/*
 * The block that a thread allocated last is overwritten when the thread ends.
 * Must be found.
 */
/* fails: blocks-outlive-their-threads */
#include "wrong.h"

enum { SIZE = 3016 };

static pthread_key_t key;

static void forget(void *block)
{
    memset(block, 0xdd, SIZE);
}

__attribute__((constructor)) static void begin(void)
{
    pthread_key_create(&key, forget);
}

void *malloc(size_t size)
{
    void *block = __libc_malloc(size);

    if (size == SIZE && block && !__libc_single_threaded)
        pthread_setspecific(key, block);
    return block;
}
