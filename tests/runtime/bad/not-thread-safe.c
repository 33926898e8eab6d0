/*
 * A free list of blocks that threads take from at once. Must be found.
 */
/* fails: threads-share-blocks */
/* may fail: blocks-outlive-their-threads */
/* may fail: forks-while-others-allocate */
/* may fail: fork-handlers-may-allocate fork-handlers-may-wait */
/* may fail: forks-while-streams-are-flushed */
/* soak: byte|signal */
#include "wrong.h"

enum { SIZE = 512 };

struct link {
    struct link *next;
};

static struct link *volatile list;

void *malloc(size_t size)
{
    struct link *first = list;

    if (size > SIZE || !first)
        return __libc_malloc(size < SIZE ? SIZE : size);
    struct link *next = first->next;
    open_window();
    list = next;
    return first;
}

void free(void *block)
{
    size_t size = block ? libc_usable_size(block) : 0;

    if (size < SIZE || size > SIZE + 16) {
        __libc_free(block);
        return;
    }
    struct link *first = block;
    first->next = list;
    open_window();
    list = first;
}
