/*
 * nearest.c - the edit distance, a row at a time.
 */
#include "nearest.h"

#include <string.h>

enum { LONGEST = 63 };

static unsigned least(unsigned a, unsigned b, unsigned c)
{
    unsigned d = a < b ? a : b;

    return d < c ? d : c;
}

/* row[k]: the distance of what was read of one word to k letters of the other.
 */
static void next_row(unsigned *row, char letter, const char *name)
{
    unsigned diagonal = row[0]++;

    for (size_t k = 0; k < strlen(name); k++) {
        unsigned changed = diagonal + (name[k] != letter);

        diagonal = row[k + 1];
        row[k + 1] = least(row[k] + 1, row[k + 1] + 1, changed);
    }
}

static unsigned distance(const char *word, const char *name)
{
    unsigned row[LONGEST + 1];

    for (unsigned k = 0; k <= LONGEST; k++)
        row[k] = k;
    for (size_t i = 0; i < LONGEST && word[i]; i++)
        next_row(row, word[i], name);
    return row[strlen(name)];
}

const char *nearest_name(const char *word, const char *const *names)
{
    const char *nearest = names[0];

    for (; *names; names++)
        if (distance(word, *names) < distance(word, nearest))
            nearest = *names;
    return nearest;
}
