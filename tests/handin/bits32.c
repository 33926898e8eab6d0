/*
 * bits32.c - a hand-in for machines of 32 bits: it counts 8 bytes for a header
 * of a size and a pointer, which is right where a pointer has 4 bytes. With
 * pointers of 8 the header is 16 bytes long and payloads run into the next
 * block. Passes under MODE=m32 only.
 */
#include <string.h>

#include "memlib.h"
#include "mm.h"

#define HEADER_SIZE 8

typedef struct node {
    size_t size; /* of payload */
    struct node *next;
} node;

static node *list;

int mm_init(void)
{
    list = NULL;
    return 0;
}

void *mm_malloc(size_t size)
{
    size_t rounded = (size + 7) / 8 * 8;
    node **from, *n;

    for (from = &list; (n = *from) != NULL; from = &n->next)
        if (n->size >= rounded) {
            *from = n->next;
            return n + 1;
        }
    n = mem_sbrk(rounded + HEADER_SIZE);
    if (n == (void *)-1)
        return NULL;
    n->size = rounded;
    return n + 1;
}

void mm_free(void *p)
{
    node *n = (node *)p - 1;

    if (!p)
        return;
    n->next = list;
    list = n;
}

void *mm_realloc(void *p, size_t size)
{
    void *q;

    if (!p)
        return mm_malloc(size);
    if (size == 0) {
        mm_free(p);
        return NULL;
    }
    if (((node *)p - 1)->size >= size)
        return p;
    q = mm_malloc(size);
    if (!q)
        return NULL;
    memcpy(q, p, ((node *)p - 1)->size);
    mm_free(p);
    return q;
}
