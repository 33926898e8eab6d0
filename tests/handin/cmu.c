/*
 * cmu.c - a hand-in in the manner of CMU's later lab: bool mm_init, functions
 * named malloc and so on and renamed under DRIVER, mm_calloc, mm_checkheap
 * called before it is defined, mem_memset and mem_memcpy, 16-byte alignment.
 */
#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "memlib.h"
#include "mm.h"

#ifdef DRIVER
#define malloc mm_malloc
#define free mm_free
#define realloc mm_realloc
#define calloc mm_calloc
#define memset mem_memset
#define memcpy mem_memcpy
#endif

#define dbg_ensures(expression) (sizeof(expression))

typedef uint64_t word_t;

typedef struct block {
    word_t size;
    struct block *next; /* in free blocks */
} block_t;

static block_t *free_list = NULL;

bool mm_init(void)
{
    free_list = NULL;
    return mem_sbrk(8) != (void *)-1;
}

void *malloc(size_t size)
{
    dbg_ensures(mm_checkheap(__LINE__));
    if (size == 0 || size > SIZE_MAX / 2)
        return NULL;
    size_t need = (size + 8 + 15) / 16 * 16;
    for (block_t **at = &free_list; *at; at = &(*at)->next) {
        block_t *b = *at;
        if (b->size >= need) {
            *at = b->next;
            return (char *)b + 8;
        }
    }
    block_t *b = mem_sbrk((intptr_t)need);
    if (b == (void *)-1)
        return NULL;
    mem_write(&b->size, need, sizeof b->size);
    return (char *)b + 8;
}

void free(void *bp)
{
    if (bp == NULL)
        return;
    block_t *b = (block_t *)((char *)bp - 8);
    b->next = free_list;
    free_list = b;
}

void *realloc(void *ptr, size_t size)
{
    if (ptr == NULL)
        return malloc(size);
    if (size == 0) {
        free(ptr);
        return NULL;
    }
    size_t room = mem_read((char *)ptr - 8, 8) - 8;
    void *copy = malloc(size);
    if (copy == NULL)
        return NULL;
    memcpy(copy, ptr, size < room ? size : room);
    free(ptr);
    return copy;
}

void *calloc(size_t elements, size_t size)
{
    if (elements == 0 || SIZE_MAX / elements < size)
        return NULL;
    void *bp = malloc(elements * size);
    if (bp != NULL)
        memset(bp, 0, elements * size);
    return bp;
}

bool mm_checkheap(int line)
{
    return line >= 0;
}
