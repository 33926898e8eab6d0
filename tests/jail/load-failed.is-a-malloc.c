/*
 * Is a malloc of the system, which would be judged by its pages. Must be found:
 * load-failed.
 */
/* trace: mixed.rep */
/* expect: exports malloc, and lacks mm_malloc */
#include <stddef.h>

void *malloc(size_t size);

void *malloc(size_t size)
{
    static char memory[1 << 20];
    static size_t used;

    return memory + (used += (size + 15) & ~(size_t)15);
}
