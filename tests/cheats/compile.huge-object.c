/*
 * compile.huge-object.c - an initialised array of 300 MiB: the object file, its
 * copy and the build take a GiB of disk.
 *
 * Now: what the compiler writes is bounded.
 */
/* honest: twin.sound */
/* expect: refused */
/* before: judged ok */
#include "sound.h"

const char huge[300 << 20] = {1};
