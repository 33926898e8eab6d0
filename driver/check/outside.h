/*
 * outside.h - memory that an untrusted allocator uses outside memlib.
 */
#ifndef OUTSIDE_H
#define OUTSIDE_H

#include "object_file.h"
#include "process.h"
#include "worker/counter_page.h"

/*
 * Anonymous memory that a worker has touched, in bytes: pages that are its own,
 * not shared with a file. Of the allocator's object, split by what may be
 * written by the object's own account, and of all else.
 */
struct outside {
    uint64_t variables, constants, others;
};

/*
 * Now, with the object loaded at base, without valgrind's own COUNTER_RANGES,
 * or NULL. All 0 if unknown.
 */
struct outside outside_measure(const struct process *p,
                               const struct object_facts *object,
                               uint64_t base, const struct counter_range *own);

/* What the allocator has used of it, in bytes. */
struct outside_use {
    uint64_t object, others;
};

/* Since `start`, before the allocator was first called. */
struct outside_use outside_used(const struct outside *start,
                                const struct outside *now,
                                const struct object_facts *object);

/* The bytes that count as footprint, of those that are not known already. */
uint64_t outside_counted(struct outside_use used, struct outside_use known);

/*
 * So many bytes do not count: of the object's own, which are static data also
 * where they cannot be measured, and of all others.
 */
enum { STATIC_ALLOWANCE = 2048, OTHERS_ALLOWANCE = 4096 };

/* So many of the object's were touched by the loader, which has to. */
enum { LOADED_ALLOWANCE = 8192 };

#endif
