/*
 * osmem.c - where blocks come from, seen from outside.
 *
 *     cc osmem.c $(pkg-config --cflags --libs osmem)
 *
 * Small blocks move the break once, by the whole threshold, and then share
 * what that gave; a large one leaves the break alone, for it is mapped. A
 * string grows in place at the end of the heap, and by its own size only.
 */
#define _DEFAULT_SOURCE
#include "osmem.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

static char *last;

static void say(const char *what)
{
    char *now = sbrk(0);

    printf("%-32s the break moves by %td\n", what, now - last);
    last = now;
}

int main(void)
{
    static char buffer[1 << 12];

    setvbuf(stdout, buffer, _IOFBF, sizeof buffer); /* no malloc in between */
    last = sbrk(0);
    char *small = os_malloc(1000);
    say("a first block of 1000 bytes:");
    char *other = os_malloc(2000);
    say("another of 2000:");
    char *large = os_malloc(MMAP_THRESHOLD);
    say("one of MMAP_THRESHOLD:");
    if (!small || !other || !large)
        return 1;
    os_free(small);
    char *again = os_malloc(900);
    printf("%-32s %s\n", "900 bytes after 1000 were freed:",
           again == small ? "in the same place" : "elsewhere");
    strcpy(again, "kept");
    again = os_realloc(again, MMAP_THRESHOLD);
    say("900 bytes become a mapping:");
    printf("%-32s %s\n", "their contents:", again ? again : "lost");
    os_free(again);
    os_free(large);
    os_free(other);
    say("all is freed:");
    return 0;
}
