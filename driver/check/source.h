/*
 * source.h - what an allocator's source says: its idea, and how long it is.
 */
#ifndef SOURCE_H
#define SOURCE_H

#include <stddef.h>

/* Of no source, or of one that cannot be read: {NULL, 0}. */
struct source {
    char *idea;   /* of a first comment `name.c - idea`; malloc'ed, or NULL */
    size_t lines; /* of code: neither blank nor only comment */
};

/*
 * Read the source at path. Lines are those of the file and of what it includes
 * with quotes, directly or not, each file once: an include is looked for from
 * the folder of the file that has it and nowhere else, and what is not there
 * does not count. Nor do mm.h, memlib.h and os.h: they are the house's, not
 * the allocator's.
 */
struct source source_read(const char *path);

void source_free(struct source *source);

#endif
