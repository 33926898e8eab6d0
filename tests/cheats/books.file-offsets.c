/*
 * books.file-offsets.c - the books are the read positions of open files: the
 * kernel keeps 64 bits for each descriptor, and lseek reads and writes them.
 * A descriptor stands for some granules, by hashing.
 *
 * Now: opening files is refused.
 */
/* honest: twin.hashed-books */
/* expect: no-gain */
/* before: utilization 81.6 for 68.2 % */
#define _GNU_SOURCE
#define OWN_WORDS
#include "books.h"

#include <sys/mman.h>
#include <unistd.h>

enum { FILES = 900, SHIFT = 20, MASK = (1 << SHIFT) - 1 };

static int first;

/* The descriptor whose position is (granule + 1) << SHIFT | word, or 0. */
static int file_of(size_t g, uint64_t *value)
{
    for (size_t i = g * 31 % FILES;; i = (i + 1) % FILES) {
        *value = (uint64_t)lseek(first + (int)i, 0, SEEK_CUR);
        if (*value == 0 || *value >> SHIFT == g + 1)
            return first + (int)i;
    }
}

static uint64_t word_get(size_t g)
{
    uint64_t value;

    file_of(g, &value);
    return value & MASK;
}

static void word_set(size_t g, uint64_t word)
{
    uint64_t value;

    for (int i = 0; !first || i < FILES; i++) {
        int fd = first && lseek(first + FILES - 1, 0, SEEK_CUR) >= 0
                     ? -1
                     : memfd_create("books", 0);
        if (fd < 0)
            break;
        first = first ? first : fd;
    }
    lseek(file_of(g, &value), (off_t)((g + 1) << SHIFT | word), SEEK_SET);
}
