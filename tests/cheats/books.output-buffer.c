/*
 * books.output-buffer.c - libc is asked for a large buffer of standard error,
 * and the books lie there.
 *
 * Now: libc's pages are counted as footprint.
 */
/* honest: twin.books */
/* expect: no-gain */
/* before: utilization 81.6 for 48.6 % */
#include "books.h"

#include <stdio.h>
#include <stdlib.h>

static void *books_take(size_t size)
{
    char *text = NULL;
    size_t length;
    FILE *stream = open_memstream(&text, &length);

    for (size_t i = 0; i < size; i++)
        fputc(0, stream);
    fflush(stream);
    return text; /* the stream stays open, so it keeps the bytes */
}
