/*
 * old.c - a hand-in in the C of 1989: types that are left out, functions that
 * nobody declared, a return without a value. Compilers since gcc 14 take each
 * for an error unless told otherwise.
 */
#include "memlib.h"
#include "mm.h"

static blocks;

static rounded(size)
{
    return (size + 7) / 8 * 8 + 8;
}

static count(by)
{
    blocks += by;
    if (blocks >= 0)
        return;
    abort();
}

int mm_init(void)
{
    blocks = 0;
    return 0;
}

void *mm_malloc(size_t size)
{
    unsigned long long *block = mem_sbrk(rounded((int)size));

    if (block == (void *)-1)
        return NULL;
    count(1);
    *block = size;
    return block + 1;
}

void mm_free(void *p)
{
    if (p)
        return count(-1);
}

void *mm_realloc(void *p, size_t size)
{
    void *new = size ? mm_malloc(size) : NULL;
    long long *old = p;

    if (p && new)
        memcpy(new, p, old[-1] < (long long)size ? old[-1] : size);
    if (new || !size)
        mm_free(p);
    return new;
}
