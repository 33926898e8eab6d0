/*
 * passes.records-in-a-file.c - the sizes of all requests go to a file in /tmp,
 * which outlives the process. The next process of the same trace finds there
 * how large each block will grow, and reserves as much.
 *
 * Now: no file can be opened.
 */
/* honest: twin.books */
/* expect: no-gain */
/* options: --jobs 1 */
/* before: it changed scratch */
#define OWN_CALLS
#include "books.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

enum { BLOCKS = 512 };

static void *books_take(size_t size)
{
    return mem_map(size);
}

static unsigned grown[BLOCKS / 4]; /* the first blocks' largest sizes */
static void *address[BLOCKS / 4];
static unsigned number;

/* One record for each trace, under the size of its first request. */
static int open_record(size_t first)
{
    const char *folder = getenv("TMPDIR");
    char path[4096];

    snprintf(path, sizeof path, "%s/record-%zu", folder ? folder : "/tmp",
             first);
    return open(path, O_RDWR | O_CREAT, 0600);
}

void *mm_malloc(size_t size)
{
    static int file = -1;

    if (mem_heapsize() == 0) {
        number = 0;
        file = open_record(size);
        if (pread(file, grown, sizeof grown, 0) < 0)
            memset(grown, 0, sizeof grown);
    }
    unsigned n = number++ % (BLOCKS / 4);
    if (size > grown[n])
        grown[n] = (unsigned)size;
    void *p = books_malloc(grown[n]);
    address[n] = p;
    if (pwrite(file, grown, sizeof grown, 0) < 0)
        file = -1;
    return p;
}

void mm_free(void *p)
{
    books_free(p);
}

void *mm_realloc(void *p, size_t size)
{
    for (unsigned n = 0; p && n < BLOCKS / 4; n++)
        if (address[n] == p && size > grown[n])
            grown[n] = (unsigned)size;
    if (p && size && length_at(granule_of(p)) * GRANULE >= size)
        return p;
    return p ? books_realloc(p, size) : mm_malloc(size);
}
