/*
 * corners.c - each kind of call once, with what goes wrong.
 */
#define _GNU_SOURCE
#include <malloc.h>
#include <mcheck.h>
#include <stdint.h>
#include <stdlib.h>

int main(void)
{
    void *a, *b, *c, *p;

    mtrace();
    a = malloc(100), b = calloc(3, 40), c = realloc(NULL, 50);
    a = realloc(a, 2000);
    free(b);
    if (posix_memalign(&p, 64, 300))
        return 1;
    void *d = aligned_alloc(256, 512), *e = memalign(48, 10);
    void *f = valloc(10), *g = malloc(0);
    if (!posix_memalign(&b, 3, 8))
        return 2;
    c = reallocarray(c, 10, 20);
    if (realloc(a, 0))
        return 3;
    free(NULL);
    if (malloc(SIZE_MAX / 2) || calloc(SIZE_MAX, 2) ||
        realloc(c, SIZE_MAX / 4) || memalign(64, SIZE_MAX / 4))
        return 4;
    a = malloc(7);
    free(p), free(d), free(e), free(f), free(g), free(c);
    return a ? 0 : 5;
}
