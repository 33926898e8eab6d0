/*
 * Aligned blocks lie in an area of their own, and free leaves them there. Must
 * be found.
 */
/* fails: aligned-blocks-are-freed */
/* may fail: second-names-are-of-one-heap */
#include "wrong.h"

enum { AREA = 1 << 30 };

static char *area, *next;

static bool is_aligned_one(const void *block)
{
    return area && (uintptr_t)block - (uintptr_t)area < AREA;
}

void *memalign(size_t align, size_t size)
{
    if (!is_power(align) || align < 16 || align > 1 << 20 || size > AREA / 16)
        return __libc_memalign(align, size);
    if (!area)
        area = next = mmap(NULL, AREA, PROT_READ | PROT_WRITE,
                           MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    uintptr_t at = ((uintptr_t)next + 16 + align - 1) & -align;
    ((size_t *)at)[-1] = size;
    next = (char *)((at + size + 15) & -(uintptr_t)16);
    return (void *)at;
}

void free(void *block)
{
    if (!is_aligned_one(block))
        __libc_free(block);
}

size_t malloc_usable_size(void *block)
{
    return is_aligned_one(block) ? ((size_t *)block)[-1]
                                 : libc_usable_size(block);
}

void *realloc(void *block, size_t size)
{
    if (!is_aligned_one(block) || size == 0)
        return is_aligned_one(block) ? NULL : __libc_realloc(block, size);
    size_t old = malloc_usable_size(block);
    void *new = __libc_malloc(size);
    return new ? memcpy(new, block, old < size ? old : size) : NULL;
}
