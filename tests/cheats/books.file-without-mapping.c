/*
 * books.file-without-mapping.c - the books are a file of the kernel's that is
 * never mapped: each word is read and written by a system call.
 *
 * Now: memfd_create, pread and pwrite are refused.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 81.6 for 48.6 % */
#define _GNU_SOURCE
#define OWN_WORDS
#include "books.h"

#include <sys/mman.h>
#include <unistd.h>

static int file = -1;

static uint64_t word_get(size_t g)
{
    uint64_t word = 0;

    return pread(file, &word, sizeof word, (off_t)(g * 8)) > 0 ? word : 0;
}

static void word_set(size_t g, uint64_t word)
{
    if (file < 0)
        file = memfd_create("books", 0);
    if (pwrite(file, &word, sizeof word, (off_t)(g * 8)) < 0)
        _exit(1);
}
