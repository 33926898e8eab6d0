/*
 * twin.books.c - the allocator of parts/books.h with its books in memory from
 * memlib: what it earns where it hides nothing.
 */
#include "books.h"

static void *books_take(size_t size)
{
    return mem_map(size);
}
