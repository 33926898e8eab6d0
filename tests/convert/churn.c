/*
 * churn.c - a few hundred calls by rule: what every tool can follow.
 */
#include <mcheck.h>
#include <stdlib.h>

enum { ROUNDS = 160, SLOTS = 12 };

static void *slots[SLOTS];
static unsigned state = 7;

static unsigned draw(unsigned limit)
{
    state = state * 1664525u + 1013904223u;
    return (state >> 16) % limit;
}

static void *allocate(void)
{
    size_t size = 1 + draw(600);

    switch (draw(4)) {
    case 0:
        return calloc(1 + draw(9), size);
    case 1:
        return aligned_alloc(64, size - size % 64 + 64);
    default:
        return malloc(size);
    }
}

int main(void)
{
    mtrace();
    for (int i = 0; i < ROUNDS; i++) {
        void **slot = &slots[draw(SLOTS)];

        if (!*slot) {
            *slot = allocate();
        } else if (draw(3) == 0) {
            *slot = realloc(*slot, 1 + draw(3000));
        } else {
            free(*slot);
            *slot = NULL;
        }
    }
    return 0;
}
