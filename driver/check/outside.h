/*
 * outside.h - memory that an untrusted allocator uses outside memlib.
 */
#ifndef OUTSIDE_H
#define OUTSIDE_H

#include "object_file.h"
#include "process.h"

/*
 * Anonymous memory that a worker has touched, in bytes: pages that are its own,
 * not shared with a file. Of the allocator's object, split by what may be
 * written by the object's own account, and of all else.
 */
struct outside {
    uint64_t variables, constants, others;
};

/* Now, with the object loaded at base. All 0 if unknown. */
struct outside outside_measure(const struct process *p,
                               const struct object_facts *object,
                               uint64_t base);

/*
 * The bytes that count as footprint: `start` is what there was before the
 * allocator was first called.
 */
uint64_t outside_counted(const struct outside *start, const struct outside *now,
                         const struct object_facts *object);

/*
 * So many bytes do not count: of the object's own, which are static data also
 * where they cannot be measured, and of all others.
 */
enum { STATIC_ALLOWANCE = 2048, OTHERS_ALLOWANCE = 4096 };

/* So many of the object's were touched by the loader, which has to. */
enum { LOADED_ALLOWANCE = 8192 };

#endif
