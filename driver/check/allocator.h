/*
 * allocator.h - an allocator that the user names on the command line.
 *
 * An allocator of the lab is a shared object that exports mm_malloc, which the
 * worker loads. Any other malloc is a shared object that exports malloc, which
 * is preloaded into a worker. For `libc` the worker uses its C library's.
 */
#ifndef ALLOCATOR_H
#define ALLOCATOR_H

#include "object_file.h"
#include "worker/channel.h"

#include <stdbool.h>
#include <stddef.h>

struct allocator {
    char *name; /* in reports */
    char *text; /* on the command line */
    enum worker_kind kind;
    char *path; /* of the shared object; "" for libc and null */
    struct object_facts object;
    char *idea; /* its mm_idea: "" if not exported; NULL: no file */
};

/*
 * Find the allocator that text names: `name=path`, an allocator of the build
 * (mm, a variant, a library), libc, a path, or a soname that the dynamic loader
 * finds; else exit with a message. Never NULL; the caller deletes it.
 *
 * Untrusted: the file of a path is always an allocator of the lab, and what is
 * wrong with it is object.refusal, which becomes its verdict.
 */
struct allocator *allocator_find(const char *text, bool untrusted);

/* The allocator that does nothing, to measure the loop's own time. */
struct allocator *allocator_null(void);

void allocator_delete(struct allocator *allocator);

/* Its idea as tables have it: "-" where it says none. */
static inline const char *allocator_idea(const struct allocator *allocator)
{
    const char *idea = allocator->idea;

    return idea && idea[0] ? idea : "-";
}

/* Names of the build's allocators, mm first; the caller frees all of them. */
char **allocator_names(size_t *count);

#endif
