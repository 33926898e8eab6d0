/*
 * build.h - where the build lies that this driver belongs to.
 */
#ifndef BUILD_H
#define BUILD_H

/*
 * The folder of the driver's own executable, build/MODE: its worker, its
 * allocators and its scoring profiles lie there.
 */
const char *build_directory(void);

#endif
