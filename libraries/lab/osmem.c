/*
 * osmem.c - best fit, large blocks mapped
 *
 * The adapter of libraries/osmem.c.
 */
#include <stdbool.h>

#include "os.h"

#include "../osmem.c"
#include "tagged_heap_audit.h"

const char mm_idea[] = "best fit, large blocks mapped";

int mm_init(void)
{
    memset(&heap, 0, sizeof heap);
    list_init();
    return 0;
}

void *mm_malloc(size_t size)
{
    return os_malloc(size);
}

void mm_free(void *ptr)
{
    os_free(ptr);
}

void *mm_realloc(void *ptr, size_t size)
{
    return os_realloc(ptr, size);
}

void *mm_calloc(size_t count, size_t size)
{
    return os_calloc(count, size);
}

size_t mm_usable_size(void *ptr)
{
    return ptr ? payload_size(block_of(ptr)) : 0;
}
