/*
 * single.h - runs in place of the benchmark: --adversary, and of one allocator
 * --watch, --explain, --shrink and --fuzz.
 */
#ifndef SINGLE_H
#define SINGLE_H

#include "options.h"

#include "measure/benchmark.h"

/* Do the options ask for one of these runs? */
bool single_is_asked(const struct options *o);

/*
 * Carry the run out and report it: c has the allocators, the traces and how to
 * judge. Returns the exit status.
 */
int single_run(struct benchmark *c, const struct options *o,
               const struct profile *profile);

#endif
