/*
 * hmm.c - the break of a process goes up, and comes down.
 *
 * Nothing of hmm is called by name: linked in, it is the malloc of the whole
 * program, printf's too. sbrk(0) shows the end of its heap.
 *
 *     cc hmm.c $(pkg-config --cflags --libs hmm) && ./a.out
 */
#include "hmm.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { COUNT = 1000, SIZE = 16 * 1024 };

static char *start;

static void show(const char *what)
{
    size_t kib = (size_t)((char *)sbrk(0) - start) / 1024;

    printf("%-28s the break is up by %2zu MiB\n", what, kib / 1024);
}

int main(void)
{
    static char *block[COUNT];

    setvbuf(stdout, NULL, _IONBF, 0);
    start = sbrk(0);
    show("At the start");
    for (int i = 0; i < COUNT; i++) {
        block[i] = malloc(SIZE);
        if (!block[i])
            return 1;
        memset(block[i], 1, SIZE);
    }
    show("1000 blocks of 16 KiB:");
    for (int i = 0; i < COUNT; i += 2)
        free(block[i]);
    show("Every other freed:");
    for (int i = 1; i < COUNT / 2; i += 2)
        free(block[i]);
    show("All of the lower half freed:");
    void *large = malloc(COUNT / 4 * SIZE);
    show("4000 KiB in their place:");
    for (int i = COUNT / 2 + 1; i < COUNT; i += 2)
        free(block[i]);
    show("The upper half freed:");
    free(large);
    show("All freed:");
    return 0;
}
