/*
 * build.h - the folder of the build that this executable belongs to.
 */
#ifndef BUILD_H
#define BUILD_H

/*
 * The folder of the executable, build/MODE, without a slash at its end. The
 * worker, the allocators and the scoring profiles lie there. The string stays
 * valid.
 */
const char *build_directory(void);

/* Its MODE, as the Makefile has it. */
const char *build_mode(void);

#endif
