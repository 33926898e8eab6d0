/*
 * Large blocks lie in memory that is shared with children. Must be found.
 */
/* fails: parent-and-child-go-their-ways */
#include "wrong.h"

enum { SHARED = 4096, AREA = 64 << 20 };

static char *area;
static size_t used;

void *malloc(size_t size)
{
    if (!area)
        area = mmap(NULL, AREA, PROT_READ | PROT_WRITE,
                    MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    if (size < SHARED || size > 8192 || used > AREA - 16384)
        return __libc_malloc(size);
    size_t whole = (16 + size + 15) & ~(size_t)15; /* threads get their own */
    char *block =
        area + __atomic_fetch_add(&used, whole, __ATOMIC_RELAXED) + 16;
    ((size_t *)block)[-1] = size;
    return block;
}

static bool is_shared(const void *block)
{
    return (uintptr_t)block - (uintptr_t)area < AREA;
}

void free(void *block)
{
    if (!is_shared(block))
        __libc_free(block);
}

size_t malloc_usable_size(void *block)
{
    return is_shared(block) ? ((size_t *)block)[-1] : libc_usable_size(block);
}

void *realloc(void *block, size_t size)
{
    if (!is_shared(block) || size == 0)
        return is_shared(block) ? NULL : __libc_realloc(block, size);
    if (size > PTRDIFF_MAX)
        return __libc_malloc(size);
    size_t old = malloc_usable_size(block);
    void *new = __libc_malloc(size);
    memcpy(new, block, old < size ? old : size);
    memset(block, 0xdd, old);
    return new;
}
