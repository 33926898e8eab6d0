/*
 * allocator.h - what a name on the command line stands for.
 *
 * An allocator of the lab is a shared object that exports mm_malloc and its
 * family, loaded by the worker; any other malloc is a shared object that
 * exports malloc, preloaded into a worker of its own; `libc` is a worker
 * without either.
 */
#ifndef ALLOCATOR_H
#define ALLOCATOR_H

#include "worker/channel.h"

#include <stdbool.h>
#include <stddef.h>

struct allocator {
    char *name; /* as reports call it */
    char *text; /* as the command line has it */
    enum worker_kind kind;
    char *path;          /* the shared object, "" for libc and null */
    size_t static_bytes; /* of its writable static data */
    char *idea;          /* what it says of itself (mm_idea), or NULL */
};

/*
 * Find the allocator that text names: `name=path`, a name of the build (mm, a
 * variant), libc, a path, or a soname that the dynamic loader finds. Complains
 * and exits where there is none. Never NULL; the caller's to keep.
 */
struct allocator *allocator_find(const char *text);

/* The allocator that does nothing, for the cost of the loop. */
struct allocator *allocator_null(void);

void allocator_delete(struct allocator *allocator);

/* Names of the build's allocators, mm first; *count of them, malloc'ed. */
char **allocator_names(size_t *count);

/* Bytes of static data that are not counted as footprint. */
enum { STATIC_ALLOWANCE = 1024 };

#endif
