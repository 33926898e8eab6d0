/*
 * memory_allocator.c - a table of words that grows as they come.
 *
 *     cc memory_allocator.c $(pkg-config --cflags --libs memory_allocator)
 *
 * An array from defalloc starts as zeros, memresize widens it (in place, as
 * long as nothing lies behind it), memdup keeps a copy of each word, and
 * memoryset clears what is no longer wanted.
 */
#include "memory_allocator.h"

#include <stdio.h>
#include <string.h>

struct table {
    char **words;
    size_t count, capacity;
};

static int table_add(struct table *t, const char *word)
{
    if (t->count == t->capacity) {
        size_t capacity = t->capacity ? 2 * t->capacity : 4;
        char **words = memresize(t->words, capacity * sizeof *words);

        if (!words)
            return -1;
        printf("room for %zu words%s\n", capacity,
               words == t->words ? ", in the same place" : "");
        t->words = words;
        t->capacity = capacity;
    }
    t->words[t->count] = memdup(word, strlen(word) + 1);
    return t->words[t->count++] ? 0 : -1;
}

int main(void)
{
    struct table table = {0};
    char line[] = "the quick brown fox jumps over the lazy dog";
    unsigned *lengths = defalloc(16, sizeof *lengths);

    if (!lengths)
        return 1;
    for (char *w = strtok(line, " "); w; w = strtok(NULL, " ")) {
        if (table_add(&table, w) != 0)
            return 1;
        lengths[strlen(w)]++;
    }
    for (size_t n = 0; n < 16; n++)
        if (lengths[n])
            printf("%u words of %zu letters\n", lengths[n], n);
    memoryset(lengths, 0, 16 * sizeof *lengths);
    while (table.count > 0)
        memfree(table.words[--table.count]);
    memfree(table.words);
    memfree(lengths);
    return 0;
}
