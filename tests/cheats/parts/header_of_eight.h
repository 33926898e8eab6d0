/*
 * header_of_eight.h - first fit with a header of 8 bytes; STEP is the alignment
 * of payloads, so blocks are multiples of it.
 */
#ifndef HEADER_OF_EIGHT_H
#define HEADER_OF_EIGHT_H

#include "memlib.h"
#include "mm.h"

#include <stdint.h>
#include <string.h>

enum { WORD = 8 };

static char *first; /* the first payload */

static uint64_t *head(char *p)
{
    return (uint64_t *)p - 1;
}

static char *heap_end(void)
{
    return (char *)mem_heap_hi() + 1;
}

int mm_init(void)
{
    first = (char *)mem_sbrk(STEP) + STEP;
    return 0;
}

void *mm_malloc(size_t size)
{
    uint64_t need = (size + WORD + STEP - 1) / STEP * STEP;

    if (size == 0)
        return NULL;
    for (char *p = first; p - WORD + WORD < heap_end(); p += *head(p) & ~1ull) {
        char *next = p + (*head(p) & ~1ull);

        while (!(*head(p) & 1) && next < heap_end() && !(*head(next) & 1)) {
            *head(p) += *head(next);
            next = p + *head(p);
        }
        if ((*head(p) & 1) || *head(p) < need)
            continue;
        if (*head(p) > need)
            *head(p + need) = *head(p) - need;
        *head(p) = need | 1;
        return p;
    }
    char *p = mem_sbrk((intptr_t)need);
    if (p == (void *)-1)
        return NULL;
    *head(p) = need | 1;
    return p;
}

void mm_free(void *p)
{
    if (p)
        *head(p) &= ~1ull;
}

void *mm_realloc(void *p, size_t size)
{
    size_t old = p ? (size_t)(*head(p) & ~1ull) - WORD : 0;

    if (p && size && size <= old)
        return p;
    void *q = mm_malloc(size);
    if (p && q)
        memcpy(q, p, old < size ? old : size);
    mm_free(p);
    return q;
}

#endif
