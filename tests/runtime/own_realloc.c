/*
 * own_realloc.c - a program with a malloc of its own, from before there was
 * reallocarray.
 *
 * The C library's reallocarray calls the program's realloc, and so must one
 * that is preloaded: it would take the program's block for its own.
 */
#include <stdlib.h>
#include <string.h>

static char area[1 << 20];
static size_t used;

void *malloc(size_t size)
{
    char *block = area + used;

    used += (size + 15) & -(size_t)16;
    return used <= sizeof area ? block : NULL;
}

void free(void *block)
{
    (void)block;
}

void *calloc(size_t count, size_t size)
{
    return malloc(count * size);
}

void *realloc(void *block, size_t size)
{
    void *new = malloc(size);

    return new &&block ? memcpy(new, block, size) : new;
}

int main(void)
{
    char *block = malloc(100);

    memset(block, 'x', 100);
    block = reallocarray(block, 10, 20);
    return !(block >= area && block < area + sizeof area && block[99] == 'x');
}
