/*
 * fake_more.c - the optional functions of mm.h.
 */
#include "fake.h"

#include "../../mm.h"

#include <string.h>

size_t mm_usable_size(void *block)
{
    return fake_size(block);
}

void *mm_calloc(size_t count, size_t size)
{
    void *block = fake_new(16, count * size);

    fake.callocs++;
    return block ? memset(block, 0, count * size) : NULL;
}

void *mm_memalign(size_t align, size_t size)
{
    fake.memaligns++;
    return fake_new(align, size);
}
