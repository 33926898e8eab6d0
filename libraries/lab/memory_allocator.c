/*
 * memory_allocator.c - doubly linked list, large blocks mapped
 *
 * The adapter of libraries/memory_allocator.c.
 */
#include <stdbool.h>

#include "os.h"

#include "../memory_allocator.c"
#include "tagged_heap_audit.h"

const char mm_idea[] = "doubly linked list, large blocks mapped";

int mm_init(void)
{
    memset(&heap, 0, sizeof heap);
    list_init();
    return 0;
}

void *mm_malloc(size_t size)
{
    return memalloc(size);
}

void mm_free(void *ptr)
{
    memfree(ptr);
}

void *mm_realloc(void *ptr, size_t size)
{
    return memresize(ptr, size);
}

void *mm_calloc(size_t count, size_t size)
{
    return defalloc(count, size);
}

size_t mm_usable_size(void *ptr)
{
    return ptr ? payload_size(block_of(ptr)) : 0;
}
