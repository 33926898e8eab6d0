/*
 * books.pipe.c - the books are what lies in pipes: a pipe for each granule
 * that a block starts at would be many, so all words go round in one pipe,
 * which is read and written anew as a whole for each change.
 *
 * Now: pipe is refused.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 54.1 for 48.6 % */
#define _GNU_SOURCE
#define OWN_WORDS
#include "books.h"

#include <fcntl.h>
#include <unistd.h>

enum { WORDS = 65536, PART = 4096 };

static int ends[2];
static size_t at = WORDS; /* whose turn it is in the pipe */
static size_t cached = WORDS;
static uint64_t part[PART]; /* goes through here, one part at a time */

/* Write the part back, and read the one that has word g. */
static void turn_to(size_t g)
{
    while (cached == WORDS || g / PART != cached / PART) {
        if (cached != WORDS && write(ends[1], part, sizeof part) < 0)
            _exit(1);
        if (read(ends[0], part, sizeof part) < 0)
            _exit(1);
        cached = at = (at + PART) % WORDS;
    }
}

static void open_pipe(void)
{
    static const uint64_t none[PART];

    if (pipe(ends) != 0 || fcntl(ends[1], F_SETPIPE_SZ, WORDS * 8) < 0)
        _exit(1);
    for (size_t i = 0; i < WORDS; i += PART)
        if (write(ends[1], none, sizeof none) < 0)
            _exit(1);
    at = WORDS - PART;
}

static uint64_t word_get(size_t g)
{
    if (!ends[0])
        open_pipe();
    turn_to(g);
    return part[g % PART];
}

static void word_set(size_t g, uint64_t word)
{
    word_get(g);
    part[g % PART] = word;
}
