/*
 * Blocks lie at odd multiples of 8, as a header of 8 bytes puts them. Must
 * be found.
 */
/* fails: every-block-is-aligned */
/* fails: every-block-is-aligned-after-realloc */
/* may fail: realloc-of-null-is-malloc untouched-pages-stay-so */
/* may fail: threads-share-blocks */
/* may fail: blocks-outlive-their-threads */
/* may fail: forks-while-others-allocate */
/* may fail: parent-and-child-go-their-ways */
/* may fail: fork-handlers-may-allocate fork-handlers-may-wait */
/* may fail: forks-while-streams-are-flushed */
/* may fail: serves-before-main */
/* may fail: serves-after-exit */
/* soak: misaligned */
/* fails: second-names-are-of-one-heap */
#include "wrong.h"

void *malloc(size_t size)
{
    char *block = size > PTRDIFF_MAX ? NULL : __libc_malloc(size + 8);

    if (!block)
        errno = ENOMEM;
    return block ? block + 8 : NULL;
}

static void *raw(void *block)
{
    return (uintptr_t)block % 16 ? (char *)block - 8 : block;
}

void free(void *block)
{
    __libc_free(raw(block));
}

size_t malloc_usable_size(void *block)
{
    void *real = raw(block);
    size_t size = libc_usable_size(real);

    return real == block ? size : size - 8;
}

void *realloc(void *block, size_t size)
{
    if (!block)
        return malloc(size);
    if (size == 0 || size > PTRDIFF_MAX)
        return __libc_realloc(raw(block), size);
    size_t old = malloc_usable_size(block);
    void *new = malloc(size);
    if (new)
        memcpy(new, block, old < size ? old : size);
    if (new)
        free(block);
    return new;
}
