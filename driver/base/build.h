/*
 * build.h - the build that this executable belongs to.
 *
 * build.c alone is compiled anew for each MODE that has the judge of another.
 */
#ifndef BUILD_H
#define BUILD_H

#include <stdbool.h>

/*
 * The folder of the executable, build/MODE, without a slash at its end. The
 * worker, the allocators and the scoring profiles lie there. The string stays
 * valid.
 */
const char *build_directory(void);

/* What make was given as MODE, and the version of the lab. */
extern const char *const build_mode, *const build_version;

/* Its workers: the bits of a pointer; are they of another machine, so that the
 * judge cannot load an allocator itself? */
extern const int build_worker_bits;
extern const bool build_worker_is_foreign;

#endif
